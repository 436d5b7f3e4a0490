#pragma once
// Watching ops as they are computed: what the gradient audit and the stepper are made of.

#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace gradus {

/// Called after every op on this thread, with its result and its inputs. The result has a node if
/// the op was recorded; while nothing is recorded, it may be replaced by a tensor of the same
/// shape. What the observer itself computes is not observed, nor what runs inside checkpoint().
using Observer =
    std::function<void(const char* op, Tensor& y, std::span<const Tensor* const> inputs)>;

/// Observes while it lives; the one before is at work again afterwards. An empty one hides ops from
/// it.
class Observe {
 public:
  explicit Observe(Observer observer);
  ~Observe();
  Observe(const Observe&) = delete;
  Observe& operator=(const Observe&) = delete;

 private:
  Observer observer_;
  const Observer* before_;
};

namespace autograd {

bool is_observed();
/// Tells the observer. Throws GraphError if it replaced a result that was recorded.
void tell_observer(const char* op, Tensor& y, std::span<const Tensor* const> inputs);

}  // namespace autograd
}  // namespace gradus
