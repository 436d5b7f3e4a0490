#pragma once
// Batches for causal language models: at every position the target is the next token.
// B batch, T time (the block size).

#include <optional>
#include <vector>

#include "data/token_view.h"
#include "tensor/tokens.h"

namespace gradus {

/// targets(b, t) is the token that follows ids(b, t) in the text. Both (B, T).
struct Batch {
  Tokens ids;
  Tokens targets;
};

/// A target that counts nothing (cross_entropy's ignore_index).
inline constexpr int32_t no_target = -100;

struct CausalLoaderConfig {
  int64_t batch_size = 12;
  int64_t block_size = 64;
  uint64_t seed = 0;
  /// The token before every document, such as <|endoftext|>. If it is given, rows are aligned: each
  /// begins with a separator and ends with the next one as its last target; what the row has left
  /// is filled with separators and no_target. A document of more than T tokens takes several rows.
  std::optional<int32_t> separator = {};
};

/// Endless training batches. Each epoch cuts the text into blocks of T after a random number of
/// tokens, and visits every block once, in random order: no token is seen twice before all others
/// have been seen. Batch k depends on (seed, k) alone, so that one number, position(), resumes a
/// run bit for bit.
class CausalLoader {
 public:
  /// Throws ValueError for sizes below 1 and a text of fewer than T + 1 tokens.
  CausalLoader(TokenView text, const CausalLoaderConfig& settings);

  /// auto [ids, targets] = loader.next();
  Batch next() { return batch(position_++); }
  /// Batch k, wherever the loader stands.
  Batch batch(uint64_t k) const;
  /// Batches handed out so far: what a checkpoint stores and seek() restores.
  uint64_t position() const { return position_; }
  void seek(uint64_t position) { position_ = position; }

  const CausalLoaderConfig& config() const { return config_; }
  int64_t num_tokens() const { return static_cast<int64_t>(text_.size()); }

 private:
  int64_t start_of(uint64_t row) const;

  TokenView text_;
  CausalLoaderConfig config_;
  std::vector<int64_t> document_rows_;  // where rows begin, if they are aligned
  uint64_t position_ = 0;
};

/// A text in non-overlapping blocks, in which every token after the first is a target exactly
/// once: block i predicts tokens iT + 1 ... iT + T. Blocks come B at a time; the last, partial
/// block is a batch (1, t) of its own. With a separator, blocks are aligned to documents as in
/// CausalLoader, and all of them are full.
///   for (const auto& [ids, targets] : evaluation_blocks(text, B, T)) ...
class EvaluationBlocks {
 public:
  /// Throws ValueError for sizes below 1 and a text of fewer than 2 tokens.
  EvaluationBlocks(TokenView text, int64_t batch_size, int64_t block_size,
                   std::optional<int32_t> separator = {});

  /// Number of batches.
  int64_t size() const { return full_batches_ + (partial_ > 0 ? 1 : 0); }
  Batch operator[](int64_t i) const;
  /// Number of targets in all batches together: one less than there are tokens.
  int64_t num_targets() const { return static_cast<int64_t>(text_.size()) - 1; }

  struct Iterator {
    const EvaluationBlocks* blocks;
    int64_t i;
    Batch operator*() const { return (*blocks)[i]; }
    Iterator& operator++() { return ++i, *this; }
    bool operator!=(const Iterator& other) const { return i != other.i; }
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  TokenView text_;
  int64_t batch_size_, block_size_;
  std::optional<int32_t> separator_;
  std::vector<int64_t> document_rows_;
  int64_t full_blocks_;   // blocks of T targets
  int64_t full_batches_;  // ceil(full_blocks_ / B)
  int64_t partial_;       // targets in the last block, 0 if it is a full one
};

inline EvaluationBlocks evaluation_blocks(TokenView text, int64_t batch_size, int64_t block_size,
                                          std::optional<int32_t> separator = {}) {
  return {std::move(text), batch_size, block_size, separator};
}

/// Targets that count.
int64_t count_targets(const Tokens& targets);

}  // namespace gradus
