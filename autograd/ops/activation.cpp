// Activations of the MLP. Each is one kernel forward and one backward, which reads the input.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// dx += dy f'(x), the product written over x where nobody else sees that any more. The value
// y = f(x) is cheap to compute again, and then need not be kept.
struct ActivationBackward {
  Tensor x;
  kernels::Unary* f;
  kernels::UnaryBackward* f_backward;

  void operator()(const Tensor& dy, Grad dx) {
    Tensor product = replaceable(x);
    f_backward(x.numel(), x.data(), dy.data(), product.mutable_data());
    x = {};
    dx += std::move(product);
  }
  Tensor value() const { return map(x, f); }
};

Tensor activation(const char* op, const Tensor& input, kernels::Unary f,
                  kernels::UnaryBackward f_backward) {
  const ActivationBackward backward{dense(input), f, f_backward};
  const Tensor y = backward.value();
  return record(op, y, backward, input);
}

}  // namespace

// relu(x) = max(x, 0),  relu'(x) = 1 if x > 0 else 0
Tensor relu(const Tensor& x) {
  return activation("relu", x, kernels::relu, kernels::relu_backward);
}

// Hendrycks & Gimpel 2016, §2: gelu(x) = x Φ(x),  gelu'(x) = Φ(x) + x φ(x),
// with Φ(x) = ½ (1 + erf(x / √2)) and φ(x) = e^(-x²/2) / √(2π)
Tensor gelu(const Tensor& x) {
  return activation("gelu", x, kernels::gelu, kernels::gelu_backward);
}

// Hendrycks & Gimpel 2016, §2: gelu_tanh(x) = ½ x (1 + tanh u),  u = √(2/π) (x + 0.044715 x³)
// gelu_tanh'(x) = ½ (1 + tanh u) + ½ x (1 - tanh² u) √(2/π) (1 + 3 · 0.044715 x²)
Tensor gelu_tanh(const Tensor& x) {
  return activation("gelu_tanh", x, kernels::gelu_tanh, kernels::gelu_tanh_backward);
}

// Elfwing et al. 2017: silu(x) = x σ(x),  silu'(x) = σ(x) (1 + x (1 - σ(x)))
Tensor silu(const Tensor& x) {
  return activation("silu", x, kernels::silu, kernels::silu_backward);
}

namespace {

OpSample sample(const char* op, Tensor f(const Tensor&)) {
  return {.op = op,
          .inputs = {{3, 5}},
          .fn = [f](Inputs x) { return f(x[0]); },
          .low = -3,
          .high = 3,
          .zero_size = {{0, 3}}};
}

const SampleRegistrar activation_samples{sample("relu", relu), sample("gelu", gelu),
                                         sample("gelu_tanh", gelu_tanh), sample("silu", silu)};

}  // namespace
}  // namespace gradus
