#pragma once
// Batches for encoder-decoders: a source to read and a target to write. While it learns, the
// decoder is fed the true target one place late, whatever it would have written itself (teacher
// forcing). B batch; S, T: the longest source and the longest target of the batch.

#include <optional>
#include <string>
#include <vector>

#include "data/batches.h"
#include "data/denoising.h"
#include "data/shuffled_batches.h"
#include "data/text_pairs.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

struct Seq2SeqBatch {
  Tokens source;       // (B, S)
  Tensor source_mask;  // (B, S) 1, 0 at padding; undefined where nothing is padded
  Tokens inputs;       // (B, T) the start token, then the target without its last
  Tokens targets;      // (B, T) no_target at padding
};

/// Pairs side by side, padded to the longest. Throws ValueError for no pairs, and for an empty
/// source or target.
Seq2SeqBatch batch_of(std::span<const TokenPair> pairs, const Seq2SeqTokens& tokens);

/// Tokens of a source and of a target, </s> included.
struct PairLengths {
  int64_t source = 512, target = 512;
};

struct EncodedPairs {
  std::vector<TokenPair> pairs;
  int64_t sources_cut = 0, targets_cut = 0;  // pairs that lost their last tokens
};
/// Texts as ids; what is too long loses its last tokens, but never </s>.
EncodedPairs encode_pairs(const Seq2SeqTokenizer& tokenizer, std::span<const TextPair> texts,
                          const PairLengths& most);

/// Endless training batches of pairs (shuffled_batches.h). Batch k depends on (pairs, seed, k)
/// alone, so that one number resumes a run bit for bit.
class PairLoader {
 public:
  /// Throws ValueError for no pairs and a batch size below 1.
  PairLoader(std::vector<TokenPair> pairs, Seq2SeqTokens tokens, int64_t batch_size, uint64_t seed);
  Seq2SeqBatch batch(uint64_t k) const;
  int64_t size() const { return static_cast<int64_t>(pairs_.size()); }

 private:
  std::vector<TokenPair> pairs_;
  Seq2SeqTokens tokens_;
  ShuffledBatches order_;
};

struct DenoisingConfig {
  int64_t batch_size = 16;
  int64_t length = 64;  // tokens of a text
  uint64_t seed = 0;
  DenoisingOptions denoising = {};
  /// The token before every document: texts do not reach across one (CausalLoaderConfig).
  std::optional<int32_t> separator = {};
};

/// Endless training batches of spoiled texts: the rows of CausalLoader, other spans at every visit.
/// Batch k depends on (text, configuration, k) alone.
class DenoisingLoader {
 public:
  /// Throws ValueError as CausalLoader and check_denoising do.
  DenoisingLoader(TokenView text, Seq2SeqTokens tokens, const DenoisingConfig& settings);
  Seq2SeqBatch batch(uint64_t k) const;

 private:
  CausalLoader rows_;
  Seq2SeqTokens tokens_;
  DenoisingConfig config_;
};

/// A text in non-overlapping rows with spans that are always the same: what a model is measured on.
class DenoisingBlocks {
 public:
  /// Throws ValueError as EvaluationBlocks and check_denoising do.
  DenoisingBlocks(TokenView text, Seq2SeqTokens tokens, const DenoisingConfig& settings);
  int64_t size() const { return rows_.size(); }
  Seq2SeqBatch operator[](int64_t i) const;

 private:
  EvaluationBlocks rows_;
  Seq2SeqTokens tokens_;
  DenoisingConfig config_;
};

}  // namespace gradus
