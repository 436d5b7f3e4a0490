#include "autograd/observe.h"

#include <utility>

#include "tensor/errors.h"

namespace gradus {
namespace {

thread_local const Observe* current = nullptr;

}  // namespace

Observe::Observe(Observer of_forward, BackwardObserver of_backward)
    : forward(std::move(of_forward)), backward(std::move(of_backward)), before_(current) {
  current = this;
}

Observe::~Observe() { current = before_; }

bool autograd::is_observed() { return current != nullptr && current->forward; }

void autograd::tell_observer(const char* op, Tensor& y, std::span<const Tensor* const> inputs) {
  const Observe& observe = *current;
  const auto node = y.node();
  {
    const Observe nobody({});
    observe.forward(op, y, inputs);
  }
  check<GraphError>(y.node() == node, "an observer replaced the result of {}, which was recorded",
                    op);
}

void autograd::tell_backward_observer(const Node& node) {
  if (current == nullptr || !current->backward) return;
  const Observe& observe = *current;
  const Observe nobody({});
  observe.backward(node);
}

}  // namespace gradus
