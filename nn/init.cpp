#include "nn/init.h"

#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/random.h"

namespace gradus::init {

void normal(Tensor x, real std, Draw draw) {
  if (x.is_meta()) return;
  real* values = x.mutable_data();
  kernels::normal(draw, x.numel(), values);
  kernels::affine(x.numel(), std, values, 0, values);
}

void uniform(Tensor x, real bound, Draw draw) {
  if (x.is_meta()) return;
  real* values = x.mutable_data();
  kernels::uniform(draw, x.numel(), values);
  kernels::affine(x.numel(), 2 * bound, values, -bound, values);
}

void constant(Tensor x, real value) {
  if (x.is_meta()) return;
  kernels::fill(x.numel(), value, x.mutable_data());
}

}  // namespace gradus::init
