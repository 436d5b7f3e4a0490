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

void transformer(std::span<const NamedTensor> parameters, real std) {
  for (const NamedTensor& p : parameters) {
    if (p.name.ends_with("bias")) {
      constant(p.tensor, 0);
    } else if (p.tensor.rank() < 2) {
      constant(p.tensor, 1);  // the weight of a norm
    } else {
      normal(p.tensor, std, draw_for(default_generator().seed, p.name));
    }
  }
}

}  // namespace gradus::init
