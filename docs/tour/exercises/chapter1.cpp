#include "exercises.h"

namespace exercises {

Tensor diagonal(const Tensor& /*x*/) { throw std::logic_error("not written yet"); }

}  // namespace exercises
