#pragma once
// Watching ops as they are computed, and their backward as it runs: what the gradient audit, the
// stepper and the profile are made of.

#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace gradus {

/// Called after every op on this thread, with its result and its inputs. The result has a node if
/// the op was recorded; while nothing is recorded, it may be replaced by a tensor of the same
/// shape. What the observer itself computes is not observed, nor what runs inside checkpoint().
using Observer =
    std::function<void(const char* op, Tensor& y, std::span<const Tensor* const> inputs)>;

/// Called on this thread whenever backward() is done with an op, newest first. The node still has
/// its op, id and shape; what the op saved is gone.
using BackwardObserver = std::function<void(const autograd::Node& node)>;

/// Observes while it lives; the one before is at work again afterwards. An empty one hides ops from
/// it.
class Observe {
 public:
  explicit Observe(Observer of_forward, BackwardObserver of_backward = {});
  ~Observe();
  Observe(const Observe&) = delete;
  Observe& operator=(const Observe&) = delete;

  const Observer forward;
  const BackwardObserver backward;

 private:
  const Observe* before_;
};

namespace autograd {

bool is_observed();
/// Tells the observer. Throws GraphError if it replaced a result that was recorded.
void tell_observer(const char* op, Tensor& y, std::span<const Tensor* const> inputs);
/// Tells the observer of backward, if there is one.
void tell_backward_observer(const Node& node);

}  // namespace autograd
}  // namespace gradus
