#include "nn/layers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/checkpoint.h"
#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

Linear::Linear(int64_t in, int64_t out, LinearOptions options) {
  check_value(in > 0 && out > 0, "Linear: sizes {} and {} must be positive", in, out);
  const real bound = 1 / std::sqrt(static_cast<real>(in));
  weight = parameter("weight", empty({out, in}));
  init::uniform(weight, bound, default_generator().next());
  if (!options.bias) return;
  bias = parameter("bias", empty({out}));
  init::uniform(bias, bound, default_generator().next());
}

Linear::Linear(const Tensor& shared) : weight(parameter("weight", shared)) {}

Tensor linear_cross_entropy(const Tensor& x, const Parameter& weight, const Parameter& bias,
                            const Tokens& targets, int64_t most_logits) {
  const int64_t N = targets.numel(), V = weight->dim(0);
  if (N * V <= most_logits) return cross_entropy(linear(x, weight, bias), targets);
  check_shape(x.rank() > 0 && x.shape().erase(x.rank() - 1) == targets.shape,
              "linear_cross_entropy: x {} must be the shape of targets {} and one more dimension",
              x.shape(), targets.shape);
  const CrossEntropyOptions summed{.reduction = Reduction::sum};
  const auto ids = std::span(targets.data(), static_cast<size_t>(N));
  const auto counted = N - std::count(ids.begin(), ids.end(), summed.ignore_index);
  const Tensor rows = x.reshape({N, x.dim(-1)});
  const int64_t most_rows = std::max<int64_t>(1, most_logits / V);
  std::vector<Tensor> parameters{weight};
  if (bias->defined()) parameters.push_back(bias);
  Tensor total = scalar(0);
  for (int64_t begin = 0; begin < N; begin += most_rows) {
    const int64_t count = std::min(most_rows, N - begin);
    const Tokens wanted({count},
                        ids.subspan(static_cast<size_t>(begin), static_cast<size_t>(count)));
    const auto loss = [=](Inputs piece) {
      return cross_entropy(linear(piece[0], weight, bias), wanted, summed);
    };
    const std::array piece{rows.narrow(0, begin, count)};
    total = total + checkpoint(loss, piece, parameters);
  }
  return total * (real(1) / static_cast<real>(std::max<int64_t>(1, counted)));
}

Embedding::Embedding(int64_t count, int64_t n_embd) {
  check_value(count > 0 && n_embd > 0, "Embedding: sizes {} and {} must be positive", count,
              n_embd);
  weight = parameter("weight", empty({count, n_embd}));
  init::normal(weight, 1, default_generator().next());
}

Norm::Norm(int64_t n_embd, NormOptions o) : options(o) {
  check_value(n_embd > 0 && o.eps > 0, "Norm: size {} and eps {} must be positive", n_embd, o.eps);
  weight = parameter("weight", ones({n_embd}));
  if (o.kind == NormKind::layer && o.bias) bias = parameter("bias", zeros({n_embd}));
}

Tensor Norm::operator()(const Tensor& x) const {
  return options.kind == NormKind::layer ? layer_norm(x, weight, bias, options.eps)
                                         : rms_norm(x, weight, options.eps);
}

Tensor activate(Activation kind, const Tensor& x) {
  switch (kind) {
    case Activation::relu:
      return relu(x);
    case Activation::gelu:
    case Activation::geglu:
      return gelu(x);
    case Activation::gelu_tanh:
    case Activation::geglu_tanh:
      return gelu_tanh(x);
    case Activation::silu:
    case Activation::swiglu:
      return silu(x);
    case Activation::relu_squared: {
      const Tensor r = relu(x);
      return r * r;
    }
  }
  throw ValueError("activate: unknown activation");
}

}  // namespace gradus
