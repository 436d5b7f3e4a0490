#pragma once
// Masked language modelling: which tokens are hidden, and behind what (Devlin et al. 2019, section
// 3.1 and appendix A.1; create_masked_lm_predictions of google-research/bert).
//
// Of a sequence of T tokens, min(most, max(1, round(0.15 T))) are to be predicted, drawn without
// replacement; T counts [CLS] and [SEP]. A chosen token is replaced by [MASK] in 80 % of the cases
// and by a random token of the vocabulary in 10 %, and kept in 10 %, so that a model cannot trust
// the tokens that it sees.

#include <cstdint>
#include <span>
#include <vector>

#include "data/random_stream.h"
#include "data/wordpiece.h"

namespace gradus {

struct MaskingOptions {
  double probability = 0.15;  // of being predicted
  int64_t most = 0;           // predictions per sequence; 0: as many as `probability` says
  /// Words are predicted whole, with all of their ## pieces; a word that would make the predictions
  /// too many is passed over.
  bool whole_word = false;
  double mask_share = 0.8;    // of the predicted tokens
  double random_share = 0.1;  // what remains is kept
};

/// Throws ValueError for probabilities outside [0, 1], shares that add up to more than 1, or a
/// negative `most`.
void check_masking(const MaskingOptions& options);

/// What happened to a position of a sequence.
enum class Hiding : int32_t {
  none,      // not predicted
  masked,    // predicted behind [MASK]
  replaced,  // predicted behind a random token
  kept,      // predicted in plain sight
};

/// What pre-training has to know of a vocabulary, looked up once: its special tokens, and which
/// tokens continue a word.
struct PretrainingVocabulary {
  /// Throws ValueError if [CLS], [SEP], [MASK] or [PAD] is missing.
  explicit PretrainingVocabulary(const WordPieceTokenizer& tokenizer);

  enum class Kind : int8_t { word, continuation, special };
  int32_t start, separator, mask, pad;  // [CLS], [SEP], [MASK], [PAD]
  std::vector<Kind> kinds;              // by id

  Kind kind(int32_t id) const { return kinds[static_cast<size_t>(id)]; }
  int64_t size() const { return static_cast<int64_t>(kinds.size()); }
};

/// A sequence with tokens hidden; one entry per token each.
struct MaskedSequence {
  std::vector<int32_t> ids;
  std::vector<int32_t> targets;  // the original id where one is predicted, elsewhere no_target
  std::vector<Hiding> hiding;
};

/// How many of a sequence's `length` tokens are to be predicted; halves are rounded to even, as
/// Python does.
int64_t num_predictions(int64_t length, const MaskingOptions& options);

/// Hides tokens of a sequence, never special ones ([UNK] included: nothing is learned from it).
/// Fewer than num_predictions if the sequence has no more tokens, or words, to offer. The random
/// token may be any of the vocabulary, as in the original: special ones and the token itself too.
MaskedSequence mask_tokens(std::span<const int32_t> ids, const PretrainingVocabulary& vocabulary,
                           const MaskingOptions& options, RandomStream random);

}  // namespace gradus
