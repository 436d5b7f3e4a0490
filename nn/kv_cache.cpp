#include "nn/kv_cache.h"

#include "autograd/mode.h"
#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {

std::tuple<Tensor, Tensor> LayerCache::append(const Tensor& k, const Tensor& v) {
  const int64_t T = k.dim(1);
  check_value(length_ + T <= capacity_, "cache: {} tokens and {} more exceed its capacity {}",
              length_, T, capacity_);
  check<GraphError>(!grad_enabled() || (k.node() == nullptr && v.node() == nullptr),
                    "cache: keys and values kept in it lose their gradient; use it under NoGrad or "
                    "EvalMode");
  if (!keys_.defined()) {
    keys_ = empty(k.shape().with(1, capacity_));
    values_ = empty(v.shape().with(1, capacity_));
  }
  check_shape(k.shape().with(1, capacity_) == keys_.shape() && v.shape() == k.shape(),
              "cache: keys {} and values {} do not continue a cache of shape {}", k.shape(),
              v.shape(), keys_.shape());
  keys_.narrow(1, length_, T).copy_(k);
  values_.narrow(1, length_, T).copy_(v);
  length_ += T;
  return {keys_.narrow(1, 0, length_), values_.narrow(1, 0, length_)};
}

}  // namespace gradus
