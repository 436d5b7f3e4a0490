// One step of an optimizer, by the kernels that gradus trains with. Inputs: the learning rate R,
// the number of updates T so far, then all the weights X, all their gradients G, and each kind of
// state, for as many weights as there are.

#include <cmath>

#include "tensor/errors.h"
#include "tensor/kernels/optimizer.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

struct Step {
  Step(const Call& call, size_t kinds) : weights((call.size() - 2) / kinds) {
    check_value(call.size() == 2 + kinds * weights, "{} inputs for {} kinds of tensor",
                call.size() - 2, kinds);
    R = call.tensor(0).reshape({}).item();
    T = call.tensor(1).reshape({}).item();
    for (size_t i = 2; i < call.size(); ++i) tensors.push_back(call.tensor(i).clone());
  }
  /// Tensor i of a kind: 0 weights, 1 gradients, then the state.
  Tensor& at(size_t kind, size_t i) { return tensors[kind * weights + i]; }
  /// All but the gradients, which are no output.
  std::vector<Value> values(const Call& call) const {
    std::vector<Value> result;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (i / weights != 1) result.emplace_back(tensors[i], call[2 + i].dtype());
    }
    return result;
  }

  size_t weights;
  real R, T;
  std::vector<Tensor> tensors;
};

// ONNX adds epsilon to the square root before it corrects the bias, so the corrections
//   R' = R sqrt(1 - beta^T) / (1 - alpha^T)
// go into the learning rate.
std::vector<Value> adam(const Call& call) {
  Step step(call, 4);
  const real alpha = call.number("alpha", 0.9), beta = call.number("beta", 0.999);
  const real correction = std::sqrt(1 - std::pow(beta, step.T)) / (1 - std::pow(alpha, step.T));
  const kernels::AdamUpdate update{.lr = step.T > 0 ? step.R * correction : step.R,
                                   .beta1 = alpha,
                                   .beta2 = beta,
                                   .eps = call.number("epsilon", 1e-6),
                                   .weight_decay = call.number("norm_coefficient", 0),
                                   .correction1 = 1,
                                   .correction2 = 1,
                                   .decoupled = false};
  const real shrink = 1 - call.number("norm_coefficient_post", 0);
  for (size_t i = 0; i < step.weights; ++i) {
    Tensor& x = step.at(0, i);
    kernels::adam(update, x.numel(), step.at(1, i).data(), step.at(2, i).mutable_data(),
                  step.at(3, i).mutable_data(), x.mutable_data());
    if (shrink != 1) x = x * shrink;
  }
  return step.values(call);
}

// The scale beta of the gradient is 1 - dampening, and 1 in the first update.
std::vector<Value> momentum(const Call& call) {
  Step step(call, 3);
  const real beta = step.T > 0 ? call.number("beta") : 1;
  const kernels::SgdUpdate update{.lr = step.R,
                                  .momentum = call.number("alpha"),
                                  .dampening = 1 - beta,
                                  .weight_decay = call.number("norm_coefficient"),
                                  .nesterov = call.text("mode", "standard") == "nesterov",
                                  .first_step = false};  // ONNX is given a velocity even then
  for (size_t i = 0; i < step.weights; ++i) {
    Tensor& x = step.at(0, i);
    kernels::sgd(update, x.numel(), step.at(1, i).data(), step.at(2, i).mutable_data(),
                 x.mutable_data());
  }
  return step.values(call);
}

}  // namespace

void add_optimizers(Table& table) {
  const std::string domain = "ai.onnx.preview.training.";
  table[domain + "Adam"] = {
      adam, {"alpha", "beta", "epsilon", "norm_coefficient", "norm_coefficient_post"}};
  table[domain + "Momentum"] = {momentum, {"alpha", "beta", "norm_coefficient", "mode"}};
}

}  // namespace gradus::conformance
