#include "../exercises.h"

namespace exercises {

// One step along the diagonal is one step down and one to the right.
Tensor diagonal(const Tensor& x) {
  const int64_t step = x.strides()[0] + x.strides()[1];
  return x.as_strided({x.dim(0)}, {step}, x.offset());
}

}  // namespace exercises
