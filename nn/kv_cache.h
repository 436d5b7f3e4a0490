#pragma once
// The keys and values of tokens already seen, so that generation computes each of them once.

#include <algorithm>
#include <span>
#include <tuple>
#include <vector>

#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

/// One layer's keys and values, in room for `capacity` times. Where a token sees no more than a
/// window of them, itself included, the window - 1 times before the next token are kept: when the
/// room is full, they move to its beginning.
class LayerCache {
 public:
  explicit LayerCache(int64_t capacity, int64_t window = 0)
      : capacity_(capacity), window_(window) {}
  /// Adds k and v (B, T, NKV, hs); returns the keys and values that were kept before with these
  /// behind them, (B, kept + T, NKV, hs). Throws ValueError if these are more than the capacity,
  /// ShapeError for other batches, GraphError where a gradient would be lost.
  std::tuple<Tensor, Tensor> append(const Tensor& k, const Tensor& v);
  /// What is kept: (B, kept, NKV, hs) each.
  std::tuple<Tensor, Tensor> all() const { return last(kept()); }
  /// How many times were added.
  int64_t length() const { return length_; }
  int64_t kept() const { return window_ > 0 ? std::min(length_, window_ - 1) : length_; }
  int64_t capacity() const { return capacity_; }

  /// A row of a cache, without the padding before it.
  struct Row {
    const LayerCache* cache;
    int64_t row, padding;
  };
  /// The rows as a batch of `length` times; a shorter one has zeros before it.
  LayerCache(std::span<const Row> rows, int64_t length, int64_t capacity);

 private:
  std::tuple<Tensor, Tensor> last(int64_t count) const;
  void make_room();

  int64_t capacity_, window_;
  int64_t length_ = 0, filled_ = 0;
  Tensor keys_, values_;  // (B, capacity, NKV, hs), of which `filled_` times are
};

/// A cache for every layer of a model, for one text or several. All texts of a batch end at the
/// same place, so that a new token of each goes to the same place and lies as far from those before
/// it as if it were alone; shorter ones have padding before them, which no query sees.
struct KVCache {
  /// `window` is the model's.
  KVCache(int64_t n_layer, int64_t capacity, int64_t window = 0)
      : layers(static_cast<size_t>(n_layer), LayerCache(capacity, window)) {}
  std::vector<LayerCache> layers;
  std::vector<int64_t> padding;  // before each text; empty if there is none

  int64_t length() const { return layers.front().length(); }
  int64_t kept() const { return layers.front().kept(); }
  /// Whether no token fits behind those that are kept.
  bool full() const { return kept() == layers.front().capacity(); }
  int64_t padding_of(int64_t row) const {
    return padding.empty() ? 0 : padding[static_cast<size_t>(row)];
  }
  /// Where T more tokens of each text stand in it: (T), or (B, T) if there is padding.
  Tokens places(int64_t T) const;
  /// For T more tokens of each text: (B, kept + T) with 0 where there is padding; undefined if
  /// there is none.
  Tensor key_mask(int64_t T) const;

  /// Texts of some caches as one batch.
  struct Text {
    const KVCache* cache;
    int64_t row;
  };
  static KVCache gather(std::span<const Text> texts, int64_t capacity);
};

}  // namespace gradus
