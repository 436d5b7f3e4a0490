// Activation functions. Those that gradus has no op for are composed by their definition.

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

Operator activation(std::function<Tensor(const Tensor&, const Call&)> f,
                    std::vector<std::string> attributes = {}) {
  return {[f = std::move(f)](const Call& call) -> std::vector<Value> {
            return {Value(f(call[0].tensor(), call), call[0].dtype())};
          },
          std::move(attributes)};
}

Operator activation(Tensor (*f)(const Tensor&)) {
  return activation([f](const Tensor& x, const Call&) { return f(x); });
}

// log(1 + e^x), whose e^x would overflow for a large x.
Tensor onnx_softplus(const Tensor& x) { return relu(x) + log(1 + exp(-abs(x))); }
Tensor softsign(const Tensor& x) { return x / (1 + abs(x)); }
Tensor mish(const Tensor& x) { return x * tanh(onnx_softplus(x)); }

Tensor hard_sigmoid(const Tensor& x, real slope, real shift) {
  return minimum(maximum(affine(x, slope, shift), scalar(0)), scalar(1));
}
Tensor hard_swish(const Tensor& x) { return x * hard_sigmoid(x, real{1} / 6, real{0.5}); }

// scale (e^x - 1) below 0, where the other branch's e^x must not overflow.
Tensor scaled_expm1(const Tensor& x, real scale) {
  return (exp(minimum(x, scalar(0))) - 1) * scale;
}
Tensor elu(const Tensor& x, const Call& call) {
  return relu(x) + scaled_expm1(x, call.number("alpha", 1));
}
Tensor celu(const Tensor& x, const Call& call) {
  const real alpha = call.number("alpha", 1);
  return relu(x) + scaled_expm1(x / alpha, alpha);
}
Tensor selu(const Tensor& x, const Call& call) {
  const real alpha = call.number("alpha", 1.67326319217681884765625);
  return (relu(x) + scaled_expm1(x, alpha)) * call.number("gamma", 1.05070102214813232421875);
}
Tensor leaky_relu(const Tensor& x, const Call& call) {
  return where(less(x, scalar(0)), x * call.number("alpha", 0.01), x);
}
Tensor prelu(const Tensor& x, const Call& call) {
  return where(less(x, scalar(0)), x * call.tensor(1), x);
}
Tensor thresholded_relu(const Tensor& x, const Call& call) {
  return where(less(scalar(call.number("alpha", 1)), x), x, scalar(0));
}
Tensor swish(const Tensor& x, const Call& call) {
  const real alpha = call.number("alpha", 1);
  return alpha == 1 ? silu(x) : x * sigmoid(x * alpha);
}
Tensor gelu_of(const Tensor& x, const Call& call) {
  const std::string approximate = call.text("approximate", "none");
  check_value(approximate == "none" || approximate == "tanh", "Gelu: approximate is {}",
              approximate);
  return approximate == "tanh" ? gelu_tanh(x) : gelu(x);
}
Tensor hard_sigmoid_of(const Tensor& x, const Call& call) {
  return hard_sigmoid(x, call.number("alpha", 0.2), call.number("beta", 0.5));
}

}  // namespace

void add_activations(Table& table) {
  table["Tanh"] = activation(tanh);
  table["Sigmoid"] = activation(sigmoid);
  table["Relu"] = activation(relu);
  table["Gelu"] = activation(gelu_of, {"approximate"});
  table["Swish"] = activation(swish, {"alpha"});
  table["Softplus"] = activation(onnx_softplus);
  table["Softsign"] = activation(softsign);
  table["Mish"] = activation(mish);
  table["HardSigmoid"] = activation(hard_sigmoid_of, {"alpha", "beta"});
  table["HardSwish"] = activation(hard_swish);
  table["Elu"] = activation(elu, {"alpha"});
  table["Celu"] = activation(celu, {"alpha"});
  table["Selu"] = activation(selu, {"alpha", "gamma"});
  table["LeakyRelu"] = activation(leaky_relu, {"alpha"});
  table["PRelu"] = activation(prelu);
  table["ThresholdedRelu"] = activation(thresholded_relu, {"alpha"});
}

}  // namespace gradus::conformance
