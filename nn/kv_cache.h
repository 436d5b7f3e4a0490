#pragma once
// The keys and values of tokens already seen, so that generation computes each of them once.

#include <tuple>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// One layer's keys and values, (B, capacity, NKV, hs) each, of which `length` times are filled.
class LayerCache {
 public:
  explicit LayerCache(int64_t capacity) : capacity_(capacity) {}
  /// Adds k and v (B, T, NKV, hs); returns all keys and values so far, (B, length, NKV, hs).
  /// Throws ValueError beyond the capacity, ShapeError for other batches, GraphError where a
  /// gradient would be lost.
  std::tuple<Tensor, Tensor> append(const Tensor& k, const Tensor& v);
  int64_t length() const { return length_; }

 private:
  int64_t capacity_;
  int64_t length_ = 0;
  Tensor keys_, values_;
};

/// A cache for every layer of a model.
struct KVCache {
  KVCache(int64_t n_layer, int64_t capacity)
      : layers(static_cast<size_t>(n_layer), LayerCache(capacity)) {}
  std::vector<LayerCache> layers;
  int64_t length() const { return layers.front().length(); }
};

}  // namespace gradus
