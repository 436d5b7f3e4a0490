#include "nn/kv_cache.h"

#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {

std::tuple<Tensor, Tensor> LayerCache::append(const Tensor& k, const Tensor& v) {
  const int64_t T = k.dim(1);
  check_value(length_ + T <= capacity_, "cache: {} tokens and {} more exceed its capacity {}",
              length_, T, capacity_);
  if (!keys_.defined()) {
    keys_ = empty(k.shape().with(1, capacity_));
    values_ = empty(v.shape().with(1, capacity_));
  }
  keys_.narrow(1, length_, T).copy_(k);
  values_.narrow(1, length_, T).copy_(v);
  length_ += T;
  return {keys_.narrow(1, 0, length_), values_.narrow(1, 0, length_)};
}

}  // namespace gradus
