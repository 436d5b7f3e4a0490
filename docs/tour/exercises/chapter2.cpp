#include "exercises.h"

namespace exercises {

Tensor gradient_by_hand(const Tensor& /*x*/, const Tensor& /*w*/) {
  throw std::logic_error("not written yet");
}

}  // namespace exercises
