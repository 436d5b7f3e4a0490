#include "nn/layers.h"

#include <cmath>

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
      return gelu(x);
    case Activation::gelu_tanh:
      return gelu_tanh(x);
    case Activation::silu:
      return silu(x);
  }
  throw ValueError("activate: unknown activation");
}

}  // namespace gradus
