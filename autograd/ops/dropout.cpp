// Dropout (Srivastava et al. 2014, §4), scaled while training so that evaluation does nothing.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/kernels/random.h"
#include "tensor/map.h"

namespace gradus {

// y = m x / (1 - p),  dx = m dy / (1 - p),  m_i = 0 with probability p, else 1.
// The mask is a pure function of one draw: backward computes it again instead of storing it.
Tensor dropout(const Tensor& x, real p) {
  check_value(p >= 0 && p < 1, "dropout: p = {} must be in [0, 1)", p);
  if (p == 0 || !is_training()) return x;
  const Draw draw = default_generator().next();
  Tensor y(x.shape());
  kernels::dropout(draw, p, x.numel(), dense(x).data(), y.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor buffer = dx.buffer();
    kernels::dropout_backward(draw, p, dy.numel(), dy.data(), buffer.mutable_data());
  };
  return record("dropout", y, backward, x);
}

namespace {

const SampleRegistrar dropout_samples{{.op = "dropout",
                                       .inputs = {{4, 5}},
                                       .fn =
                                           [](Inputs x) {
                                             manual_seed(7);  // the same mask at every call
                                             return dropout(x[0], real(0.3));
                                           },
                                       .zero_size = {{0, 5}}}};

}  // namespace
}  // namespace gradus
