#include "exercises.h"

namespace exercises {

Tensor attention_by_hand(const Tensor& /*q*/, const Tensor& /*k*/, const Tensor& /*v*/) {
  throw std::logic_error("not written yet");
}

}  // namespace exercises
