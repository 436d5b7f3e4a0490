#include "../exercises.h"

namespace exercises {

// y = (x + r) / 2 with r = √(x² + 4),  dx = dy (1 + x / r) / 2 = dy y / r
Tensor squareplus(const Tensor& x) {
  Tensor r, y;
  {
    const gradus::NoGrad values_only;
    r = sqrt(x * x + 4);
    y = (x + r) / 2;
  }
  return record(
      "squareplus", y, [=](const Tensor& dy, gradus::Grad dx) { dx += dy * y / r; }, x);
}

}  // namespace exercises
