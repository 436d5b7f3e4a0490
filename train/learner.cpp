#include "train/learner.h"

#include <cmath>
#include <limits>

#include "tensor/errors.h"
#include "tensor/kernels/reduce.h"

namespace gradus {
namespace {

// A number that is not finite ends the run before it reaches the weights.
void check_finite(int64_t step, const Learner::Step& result, const Module& model) {
  if (std::isfinite(result.loss) && std::isfinite(result.grad_norm)) return;
  std::string culprit = "none";
  for (const NamedTensor& p : model.named_parameters()) {
    const Tensor grad = p.tensor.grad();
    if (!grad.defined() || kernels::all_finite(grad.numel(), grad.data())) continue;
    culprit = p.name;
    break;
  }
  throw ValueError(
      fmt::format("pretrain: step {}: loss {} and gradient norm {} are not both finite (first such "
                  "gradient: {}); the weights stay as they were; try a smaller --lr",
                  step, result.loss, result.grad_norm, culprit));
}

}  // namespace

Learner::Learner(const RunOptions& o, Objective& objective)
    : optimizer(objective.model().named_parameters(), {.lr = o.schedule.lr,
                                                       .beta1 = o.beta1,
                                                       .beta2 = o.beta2,
                                                       .eps = o.eps,
                                                       .weight_decay = o.weight_decay,
                                                       .bias_correction = o.bias_correction}),
      objective_(objective),
      precision_(o.precision),
      accumulation_(o.accumulation),
      largest_norm_(o.clip > 0 ? static_cast<double>(o.clip)
                               : std::numeric_limits<double>::infinity()) {}

Learner::Step Learner::step(int64_t step, real lr) {
  const PrecisionMode products(precision_);
  const Module& model = objective_.model();
  Step result{objective_.backward(accumulation_)};
  result.grad_norm = grad_norm(model.named_parameters());
  check_finite(step, result, model);
  optimizer.lr = lr;
  optimizer.step(clip_scale(result.grad_norm, largest_norm_));
  optimizer.zero_grad();
  return result;
}

}  // namespace gradus
