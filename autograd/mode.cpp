#include "autograd/mode.h"

namespace gradus {
namespace {

thread_local bool grad_mode = true;
thread_local bool training_mode = true;

}  // namespace

bool grad_enabled() { return grad_mode; }
bool is_training() { return training_mode; }

ModeGuard::ModeGuard(bool grad, bool training) : grad_(grad_mode), training_(training_mode) {
  grad_mode = grad;
  training_mode = training;
}

ModeGuard::~ModeGuard() {
  grad_mode = grad_;
  training_mode = training_;
}

}  // namespace gradus
