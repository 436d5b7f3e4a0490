#include "nn/kv_cache.h"

#include "autograd/mode.h"
#include "nn/positions.h"
#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// (B, capacity, NKV, hs) with the times of a head one behind the other: a query streams them.
Tensor room(const Shape& shape, int64_t B, int64_t capacity) {
  return empty({B, shape[2], capacity, shape[3]}).transpose(1, 2);
}

}  // namespace

std::tuple<Tensor, Tensor> LayerCache::append(const Tensor& k, const Tensor& v) {
  const int64_t T = k.dim(1), before = kept();
  check_value(before + T <= capacity_, "cache: {} tokens and {} more exceed its capacity {}",
              before, T, capacity_);
  check<GraphError>(!grad_enabled() || (k.node() == nullptr && v.node() == nullptr),
                    "cache: keys and values kept in it lose their gradient; use it under NoGrad or "
                    "EvalMode");
  if (!keys_.defined()) {
    keys_ = room(k.shape(), k.dim(0), capacity_);
    values_ = room(v.shape(), v.dim(0), capacity_);
  }
  check_shape(k.shape().with(1, capacity_) == keys_.shape() && v.shape() == k.shape(),
              "cache: keys {} and values {} do not continue a cache of shape {}", k.shape(),
              v.shape(), keys_.shape());
  if (filled_ + T > capacity_) make_room();
  keys_.narrow(1, filled_, T).copy_(k);
  values_.narrow(1, filled_, T).copy_(v);
  filled_ += T;
  length_ += T;
  return last(before + T);
}

std::tuple<Tensor, Tensor> LayerCache::last(int64_t count) const {
  return {keys_.narrow(1, filled_ - count, count), values_.narrow(1, filled_ - count, count)};
}

void LayerCache::make_room() {
  const auto [k, v] = all();
  filled_ = kept();
  const Tensor keys = k.clone(), values = v.clone();  // they may overlap with where they go
  keys_.narrow(1, 0, filled_).copy_(keys);
  values_.narrow(1, 0, filled_).copy_(values);
}

LayerCache::LayerCache(std::span<const Row> rows, int64_t length, int64_t capacity)
    : capacity_(capacity), window_(rows[0].cache->window_), length_(length), filled_(kept()) {
  const auto batch = [&](Tensor LayerCache::*member) {
    const Tensor& first = rows[0].cache->*member;
    Tensor all = room(first.shape(), static_cast<int64_t>(rows.size()), capacity);
    for (size_t b = 0; b < rows.size(); ++b) {
      const auto& [cache, row, padding] = rows[b];
      const int64_t own = std::min(cache->length_ - padding, filled_);
      const Tensor to = all.narrow(0, static_cast<int64_t>(b), 1);
      to.narrow(1, 0, filled_ - own).zero_();
      to.narrow(1, filled_ - own, own)
          .copy_((cache->*member).narrow(0, row, 1).narrow(1, cache->filled_ - own, own));
    }
    return all;
  };
  keys_ = batch(&LayerCache::keys_);
  values_ = batch(&LayerCache::values_);
}

KVCache KVCache::gather(std::span<const Text> texts, int64_t capacity) {
  KVCache batch(0, capacity);
  int64_t longest = 0;
  const auto filled = [](const Text& t) { return t.cache->length() - t.cache->padding_of(t.row); };
  for (const Text& t : texts) longest = std::max(longest, filled(t));
  for (const Text& t : texts) batch.padding.push_back(longest - filled(t));
  for (size_t l = 0; l < texts[0].cache->layers.size(); ++l) {
    std::vector<LayerCache::Row> rows;
    for (const Text& t : texts) {
      rows.push_back({&t.cache->layers[l], t.row, t.cache->padding_of(t.row)});
    }
    batch.layers.emplace_back(rows, longest, capacity);
  }
  if (std::ranges::all_of(batch.padding, [](int64_t n) { return n == 0; })) batch.padding.clear();
  return batch;
}

Tokens KVCache::places(int64_t T) const {
  if (padding.empty()) return places_from(length(), T);
  Tokens places({static_cast<int64_t>(padding.size()), T});
  for (int64_t i = 0; i < places.numel(); ++i) {
    places.data()[i] = static_cast<int32_t>(length() + i % T - padding_of(i / T));
  }
  return places;
}

Tensor KVCache::key_mask(int64_t T) const {
  const int64_t gone = length() - kept();  // padding first
  if (std::ranges::all_of(padding, [gone](int64_t n) { return n <= gone; })) return {};
  Tensor mask = ones({static_cast<int64_t>(padding.size()), kept() + T});
  for (size_t b = 0; b < padding.size(); ++b) {
    const int64_t hidden = std::max<int64_t>(0, padding[b] - gone);
    mask.select(0, static_cast<int64_t>(b)).narrow(0, 0, hidden).zero_();
  }
  return mask;
}

}  // namespace gradus
