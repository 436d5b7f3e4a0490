#include "autograd/observe.h"

namespace gradus {
namespace {

thread_local const Observer* current = nullptr;

}  // namespace

const Observer* autograd::observer() { return current; }

Observe::Observe(Observer observer) : observer_(std::move(observer)), before_(current) {
  current = &observer_;
}

Observe::~Observe() { current = before_; }

}  // namespace gradus
