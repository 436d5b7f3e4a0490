#pragma once
// What a run learns from: a text as ids, in a part to train on and a part to validate.

#include <optional>

#include "data/token_view.h"
#include "data/tokenizer.h"
#include "train/training_options.h"

namespace gradus {

struct TrainingCorpus {
  Tokenizer tokenizer;
  TokenView train, val;
  uint64_t digest;  // of the text, or of the ids where they come from a token file
};

/// Reads `options.data`: text, which is encoded in memory, or a token file (gradus tokenize --out),
/// which is mapped and may be larger than memory. A run that has a tokenizer already passes it;
/// otherwise options.tokenizer says which to take or to learn. A BPE learns from the part to
/// train on alone; characters are collected from all of the text, since an unknown one could not
/// be read. Throws FileError and ValueError for data that does not serve.
TrainingCorpus read_training_corpus(const TrainingOptions& options,
                                    const std::optional<Tokenizer>& known);

}  // namespace gradus
