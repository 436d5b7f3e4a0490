#pragma once
// What BERT learns from: a text as documents of sentences of ids, with some documents held out.

#include <optional>

#include "data/masked_baselines.h"
#include "data/pretraining_batches.h"
#include "data/stories/masked_floor.h"
#include "train/bert_options.h"

namespace gradus {

struct PretrainingCorpus {
  WordPieceTokenizer tokenizer;
  SharedDocuments train, val;
  uint64_t digest = 0;                       // of the text
  std::vector<stories::Story> stories = {};  // those of `val`, if it is the built-in corpus
  std::optional<std::string> warning = {};   // what looks wrong with the text

  /// The batches that `val` is measured on: 15 % of the tokens, all of them behind [MASK], whatever
  /// the masks of the training are. Runs can then be compared; a model without context can only
  /// know frequencies, while a target in plain sight could simply be copied; and on the built-in
  /// corpus the exact floor is known.
  PretrainingBlocks validation(const MaskedTextOptions& options) const;
};

/// Reads options.data: the built-in corpus, or text, of which the last tenth of the documents is
/// held out, at least two where next sentences are predicted. Throws FileError and ValueError for
/// data that does not serve.
PretrainingCorpus read_pretraining_corpus(const MaskedTextOptions& options,
                                          const WordPieceTokenizer& tokenizer);
/// The same for a run without a tokenizer: it is options.tokenizer or learned from the documents to
/// train on.
PretrainingCorpus read_pretraining_corpus(const BERTOptions& options);

/// What the curves are read against.
struct MaskedLines {
  double uniform = 0;  // ln V
  MaskedBaselines baselines = {};
  std::optional<stories::MaskedFloor> floor = {};  // of the built-in corpus in whole words
  int64_t train_tokens = 0;
};
MaskedLines masked_lines(const MaskedTextOptions& options, const PretrainingCorpus& corpus);

}  // namespace gradus
