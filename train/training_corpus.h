#pragma once
// What a run learns from: a text as ids, in a part to train on and a part to validate.

#include <functional>
#include <optional>

#include "data/token_view.h"
#include "data/tokenizer.h"
#include "train/training_options.h"

namespace gradus {

struct TrainingCorpus {
  Tokenizer tokenizer;
  TokenView train, val;
  uint64_t digest;  // of the text, or of the ids where they come from a token file
  /// Of the built-in corpus alone: the token before each story, and the nats per token that no
  /// model can go below on `val`, each row a story (data/stories/entropy.h).
  std::optional<int32_t> separator = {};
  std::optional<double> floor = {};
};

/// The built-in corpus: 60,000 stories to train on and 2,000 others to validate, the same for every
/// run, each after an <|endoftext|>, which the tokenizer must have as a token. `make_tokenizer`
/// gets the stories to train on. Throws ValueError.
TrainingCorpus builtin_corpus(const std::function<Tokenizer(std::string_view)>& make_tokenizer);
/// The same with a tokenizer that is there already.
TrainingCorpus builtin_corpus(const Tokenizer& tokenizer);

/// The built-in corpus, or a text from a file, a folder or standard input that fits into memory,
/// of which the last tenth is for validation; `make_tokenizer` gets the part to train on. Throws
/// FileError and ValueError.
TrainingCorpus text_corpus(const std::string& data,
                           const std::function<Tokenizer(std::string_view)>& make_tokenizer);

/// Reads `options.data`: the built-in corpus, or text, which is encoded in memory, or a token file
/// (gradus tokenize --out), which is mapped and may be larger than memory. A run that has a
/// tokenizer already passes it; otherwise options.tokenizer says which to take or to learn. Words
/// and a BPE are learned from the part to train on alone; characters are collected from all of the
/// text, since an unknown one could not be read. Throws FileError and ValueError for data that does
/// not serve.
TrainingCorpus read_training_corpus(const TrainingOptions& options,
                                    const std::optional<Tokenizer>& known);

}  // namespace gradus
