#pragma once
// Watching ops as they are computed: what the gradient audit and the stepper are made of.

#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace gradus {

/// Called after every op on this thread, with its result, which it may replace by a tensor of the
/// same shape, and its inputs. The result has a node if the op was recorded.
using Observer =
    std::function<void(const char* op, Tensor& y, std::span<const Tensor* const> inputs)>;

/// Observes while it lives; the one before is at work again afterwards.
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

/// The observer of this thread, or null.
const Observer* observer();

}  // namespace autograd
}  // namespace gradus
