// Functions of one number. Where the derivative is simplest in terms of the result y, y is saved;
// otherwise x.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/map.h"

namespace gradus {

// y = e^x,  dx = dy y
Tensor exp(const Tensor& x) {
  Tensor y = map(x, kernels::exp);
  return record(
      "exp", y, [=](const Tensor& dy, Grad dx) { dx += dy * y; }, x);
}

// y = ln x,  dx = dy / x
Tensor log(const Tensor& x) {
  Tensor y = map(x, kernels::log);
  return record(
      "log", y, [=](const Tensor& dy, Grad dx) { dx += dy / x; }, x);
}

// y = x^½,  dx = dy / 2y
Tensor sqrt(const Tensor& x) {
  Tensor y = map(x, kernels::sqrt);
  return record(
      "sqrt", y, [=](const Tensor& dy, Grad dx) { dx += dy / (2 * y); }, x);
}

// y = x^-½,  dx = -½ dy y³
Tensor rsqrt(const Tensor& x) {
  Tensor y = map(x, kernels::rsqrt);
  auto backward = [=](const Tensor& dy, Grad dx) { dx += dy * (real(-0.5) * y * y * y); };
  return record("rsqrt", y, backward, x);
}

// y = |x|,  dx = dy sign(x), 0 at 0
Tensor abs(const Tensor& x) {
  Tensor y = map(x, kernels::abs);
  return record(
      "abs", y, [=](const Tensor& dy, Grad dx) { dx += dy * map(x, kernels::sign); }, x);
}

// y = tanh x,  dx = dy (1 - y²)
Tensor tanh(const Tensor& x) {
  Tensor y = map(x, kernels::tanh);
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor product(y.shape());
    kernels::tanh_backward(y.numel(), y.data(), dy.data(), product.mutable_data());
    dx += std::move(product);
  };
  return record("tanh", y, backward, x);
}

// y = 1 / (1 + e^-x),  dx = dy y (1 - y)
Tensor sigmoid(const Tensor& x) {
  Tensor y = map(x, kernels::sigmoid);
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor product(y.shape());
    kernels::sigmoid_backward(y.numel(), y.data(), dy.data(), product.mutable_data());
    dx += std::move(product);
  };
  return record("sigmoid", y, backward, x);
}

namespace {

OpSample on_any_number(const char* op, Tensor f(const Tensor&)) {
  return {.op = op,
          .inputs = {{2, 3}},
          .fn = [f](Inputs x) { return f(x[0]); },
          .low = -2,
          .high = 2,
          .zero_size = {{0, 3}}};
}

OpSample on_positive_numbers(const char* op, Tensor f(const Tensor&)) {
  OpSample sample = on_any_number(op, f);
  sample.low = real(0.5);
  return sample;
}

const SampleRegistrar pointwise_samples{
    on_any_number("exp", exp),         on_positive_numbers("log", log),
    on_positive_numbers("sqrt", sqrt), on_positive_numbers("rsqrt", rsqrt),
    on_any_number("abs", abs),         on_any_number("tanh", tanh),
    on_any_number("sigmoid", sigmoid),
};

}  // namespace
}  // namespace gradus
