#include "train/learner.h"

#include <cmath>
#include <limits>

#include "tensor/errors.h"
#include "tensor/kernels/reduce.h"

namespace gradus {
namespace {

// A number that is not finite ends the run before it reaches the weights.
void check_finite(int64_t step, const Learner::Step& result, const GPT& model) {
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

Learner::Learner(const TrainingOptions& o, const TrainingCorpus& corpus)
    : model(o.model),
      optimizer(model.named_parameters(), {.lr = o.schedule.lr,
                                           .beta1 = o.beta1,
                                           .beta2 = o.beta2,
                                           .eps = o.eps,
                                           .weight_decay = o.weight_decay}),
      loader(corpus.train, {.batch_size = o.batch_size,
                            .block_size = o.model.block_size,
                            .seed = o.seed,
                            .separator = corpus.separator}),
      accumulation_(o.accumulation),
      largest_norm_(o.clip > 0 ? static_cast<double>(o.clip)
                               : std::numeric_limits<double>::infinity()) {}

// Gradients of the mean loss over all targets of all micro-batches, of which some may have more
// than others. Returns that loss.
double Learner::compute_gradients() {
  std::vector<Batch> batches;
  int64_t targets = 0;
  for (int64_t i = 0; i < accumulation_; ++i) {
    batches.push_back(loader.next());
    targets += count_targets(batches.back().targets);
  }
  double total = 0;
  for (const Batch& batch : batches) {
    const real share = static_cast<real>(count_targets(batch.targets)) / static_cast<real>(targets);
    const Tensor loss = share * model.loss(batch.ids, batch.targets);  // ()
    loss.backward();
    total += static_cast<double>(loss.item());
  }
  return total;
}

Learner::Step Learner::step(int64_t step, real lr) {
  const double loss = compute_gradients();
  const double norm = clip_grad_norm(model.named_parameters(), largest_norm_);
  check_finite(step, {loss, norm}, model);
  optimizer.lr = lr;
  optimizer.step();
  optimizer.zero_grad();
  return {loss, norm};
}

int64_t Learner::tokens_per_step() const {
  return accumulation_ * loader.config().batch_size * loader.config().block_size;
}

}  // namespace gradus
