#include "exercises.h"

namespace exercises {

Tensor squareplus(const Tensor& /*x*/) { throw std::logic_error("not written yet"); }

}  // namespace exercises
