#include "autograd/observe.h"

#include <utility>

#include "tensor/errors.h"

namespace gradus {
namespace {

thread_local const Observer* current = nullptr;

}  // namespace

Observe::Observe(Observer observer) : observer_(std::move(observer)), before_(current) {
  current = observer_ ? &observer_ : nullptr;
}

Observe::~Observe() { current = before_; }

bool autograd::is_observed() { return current != nullptr; }

void autograd::tell_observer(const char* op, Tensor& y, std::span<const Tensor* const> inputs) {
  const Observer* const observer = current;
  const auto node = y.node();
  {
    const Observe nobody({});
    (*observer)(op, y, inputs);
  }
  check<GraphError>(y.node() == node, "an observer replaced the result of {}, which was recorded",
                    op);
}

}  // namespace gradus
