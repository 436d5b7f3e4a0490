// Normalisation over the last dimension.

#include "tensor/kernels/norm.h"

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

const real* data_or_null(const Tensor& x) { return x.defined() ? x.data() : nullptr; }

void check_norm(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_shape(x.rank() > 0, "{}: x is a scalar and has no dimension to normalise", op);
  for (const Tensor* p : {&weight, &bias}) {
    check_shape(!p->defined() || p->shape() == Shape{x.dim(-1)},
                "{}: {} {} must be ({}), the last dimension of x {}", op,
                p == &weight ? "weight" : "bias", p->shape(), x.dim(-1), x.shape());
  }
}

}  // namespace

// Layer normalisation (Ba et al. 2016, eq. 3-4):
//   y  = weight x̂ + bias,   x̂ = (x - mean) rstd,   rstd = 1 / √(var + eps)
//   dx = rstd (g - mean(g) - x̂ mean(g x̂)),   g = dy weight
// x (..., C), weight (C), bias (C) -> y (..., C)
Tensor layer_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, real eps) {
  check_norm("layer_norm", input, weight, bias);
  const Tensor x = dense(input), w = weight.defined() ? dense(weight) : weight;
  const Tensor b = bias.defined() ? dense(bias) : bias;
  const int64_t C = x.dim(-1), N = C == 0 ? 0 : x.numel() / C;
  Tensor y(x.shape()), mean(Shape{N}), rstd(Shape{N});
  kernels::layer_norm(N, C, eps, x.data(), data_or_null(w), data_or_null(b), y.mutable_data(),
                      mean.mutable_data(), rstd.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx, Grad dw, Grad db) {
    kernels::layer_norm_backward(N, C, x.data(), data_or_null(w), mean.data(), rstd.data(),
                                 dy.data(), dx.data_or_null(), dw.data_or_null(),
                                 db.data_or_null());
  };
  return record("layer_norm", y, backward, input, weight, bias);
}

// Root mean square normalisation (Zhang & Sennrich 2019, eq. 4):
//   y  = weight x̂,   x̂ = x rstd,   rstd = 1 / √(mean(x²) + eps)
//   dx = rstd (g - x̂ mean(g x̂)),   g = dy weight
// x (..., C), weight (C) -> y (..., C)
Tensor rms_norm(const Tensor& input, const Tensor& weight, real eps) {
  check_norm("rms_norm", input, weight, {});
  const Tensor x = dense(input), w = weight.defined() ? dense(weight) : weight;
  const int64_t C = x.dim(-1), N = C == 0 ? 0 : x.numel() / C;
  Tensor y(x.shape()), rstd(Shape{N});
  kernels::rms_norm(N, C, eps, x.data(), data_or_null(w), y.mutable_data(), rstd.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dx, Grad dw) {
    kernels::rms_norm_backward(N, C, x.data(), data_or_null(w), rstd.data(), dy.data(),
                               dx.data_or_null(), dw.data_or_null());
  };
  return record("rms_norm", y, backward, input, weight);
}

namespace {

constexpr real eps = real(1e-5);

const SampleRegistrar norm_samples{
    {.op = "layer_norm",
     .inputs = {{2, 3, 5}, {5}, {5}},
     .fn = [](Inputs x) { return layer_norm(x[0], x[1], x[2], eps); },
     .zero_size = {{0, 5}, {5}, {5}},
     .errors = {{{{2, 5}, {4}, {5}},
                 "layer_norm: weight (4) must be (5), the last dimension of x (2, 5)"},
                {{{2, 5}, {5}, {2, 5}},
                 "layer_norm: bias (2, 5) must be (5), the last dimension of x (2, 5)"},
                {{{}, {5}, {5}}, "layer_norm: x is a scalar and has no dimension to normalise"}}},
    {.op = "layer_norm",
     .inputs = {{2, 5}},
     .fn = [](Inputs x) { return layer_norm(x[0], {}, {}, eps); },
     .zero_size = {{2, 0}}},
    {.op = "rms_norm",
     .inputs = {{2, 3, 5}, {5}},
     .fn = [](Inputs x) { return rms_norm(x[0], x[1], eps); },
     .zero_size = {{0, 5}, {5}},
     .errors = {{{{2, 5}, {4}},
                 "rms_norm: weight (4) must be (5), the last dimension of x (2, 5)"}}},
    {.op = "rms_norm",
     .inputs = {{2, 5}},
     .fn = [](Inputs x) { return rms_norm(x[0], {}, eps); },
     .zero_size = {{2, 0}}},
};

}  // namespace
}  // namespace gradus
