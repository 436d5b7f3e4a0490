// Losses: one number that says how wrong the model is.

#include <algorithm>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/kernels/softmax.h"
#include "tensor/map.h"

namespace gradus {
namespace {

void check_cross_entropy(const Tensor& logits, const Tokens& targets,
                         const CrossEntropyOptions& o) {
  check_shape(logits.rank() > 0 && logits.shape().erase(logits.rank() - 1) == targets.shape,
              "cross_entropy: logits {} must be the shape of targets {} and one more dimension, "
              "the classes",
              logits.shape(), targets.shape);
  check_value(o.label_smoothing >= 0 && o.label_smoothing <= 1,
              "cross_entropy: label_smoothing = {} must be in [0, 1]", o.label_smoothing);
  check_shape(!o.class_weight.defined() || o.class_weight.shape() == Shape{logits.dim(-1)},
              "cross_entropy: class_weight {} must be ({}), one number per class",
              o.class_weight.shape(), logits.dim(-1));
  check<GraphError>(!o.class_weight.defined() || !o.class_weight.requires_grad(),
                    "cross_entropy: class_weight has no gradient; detach() it");
  check_ids("cross_entropy", targets, logits.dim(-1), o.ignore_index);
}

}  // namespace

// Per target t with class weight w and label smoothing e (Szegedy et al. 2016, §7), p = softmax(x):
//   loss    = -(1 - e) w_t log p_t - e/V Σ_v w_v log p_v
//   dx_v    = dloss ((1 - e) w_t (p_v - [v = t]) + e/V (p_v Σ_u w_u - w_v))
// The mean divides by Σ w_t over the targets that count. logits (..., V), targets (...) -> ()
Tensor cross_entropy(const Tensor& input, const Tokens& targets,
                     const CrossEntropyOptions& options) {
  check_cross_entropy(input, targets, options);
  Tensor logits = dense(input);
  const Tensor weights =
      options.class_weight.defined() ? dense(options.class_weight).detach() : Tensor();
  const int64_t V = logits.dim(-1), N = targets.numel();
  const kernels::CrossEntropy c{.N = N,
                                .V = V,
                                .ignore_index = options.ignore_index,
                                .label_smoothing = options.label_smoothing,
                                .class_weight = weights.defined() ? weights.data() : nullptr};
  Tensor losses(targets.shape), weight(Shape{N}), lse(Shape{N});
  kernels::cross_entropy(c, logits.data(), targets.data(), losses.mutable_data(),
                         weight.mutable_data(), lse.mutable_data());
  real scale = 1;
  Tensor y = losses;
  if (options.reduction != Reduction::none) {
    const real total = sum_to(weight, {}).item();
    if (options.reduction == Reduction::mean) scale = total > 0 ? 1 / total : 0;
    y = affine(sum_to(losses, {}), scale, 0);
  }
  auto backward = [=, saved = weights](const Tensor& dy, Grad dx, Grad) mutable {
    const Tensor dloss = dense((dy * scale).expand(targets.shape));
    Tensor dlogits = replaceable(logits);
    kernels::cross_entropy_backward(c, logits.data(), targets.data(), lse.data(), dloss.data(),
                                    dlogits.mutable_data());
    logits = {};
    dx += std::move(dlogits);
  };
  return record("cross_entropy", y, backward, input, weights);
}

// Composite: mean((x - target)²)
Tensor mse_loss(const Tensor& x, const Tensor& target) {
  check_shape(x.shape() == target.shape(), "mse_loss: x {} and target {} must have one shape",
              x.shape(), target.shape());
  const Tensor difference = x - target;
  return mean(difference * difference);
}

// Composite. With logits x and target t, written so that exp() never overflows:
//   -t log σ(x) - (1 - t) log(1 - σ(x)) = max(x, 0) - t x + log(1 + e^-|x|)
Tensor bce_with_logits(const Tensor& logits, const Tensor& target) {
  check_shape(logits.shape() == target.shape(),
              "bce_with_logits: logits {} and target {} must have one shape", logits.shape(),
              target.shape());
  // maximum(), not relu(): at x = 0 its gradient is 1/2, and the whole is σ(0) - t, as it must be
  const Tensor positive = maximum(logits, scalar(0));
  return mean(positive - logits * target + log(1 + exp(-abs(logits))));
}

namespace {

const Tokens four({2, 2}, {0, 2, -100, 1});

OpSample classes(CrossEntropyOptions options) {
  return {.op = "cross_entropy",
          .inputs = {{2, 2, 3}},
          .fn = [=](Inputs x) { return cross_entropy(x[0], four, options); },
          .low = -2,
          .high = 2};
}

OpSample pair_sample(const char* op, Tensor f(const Tensor&, const Tensor&), std::string error) {
  return {.op = op,
          .inputs = {{2, 3}, {2, 3}},
          .fn = [f](Inputs x) { return f(x[0], x[1]); },
          .low = real(0.1),
          .errors = {{{{2, 3}, {3}}, std::move(error)}}};
}

const SampleRegistrar loss_samples{
    classes({.label_smoothing = real(0.1)}),
    classes({.class_weight = from_data({3}, {1, 2, real(0.5)})}),
    classes({.label_smoothing = real(0.2),
             .class_weight = from_data({3}, {1, 2, real(0.5)}),
             .reduction = Reduction::sum}),
    classes({.reduction = Reduction::none}),
    {.op = "cross_entropy",
     .inputs = {{2, 2, 3}},
     .fn = [](Inputs x) { return cross_entropy(x[0], four); },
     .errors = {{{{2, 3}},
                 "cross_entropy: logits (2, 3) must be the shape of targets (2, 2) and one more "
                 "dimension, the classes"},
                {{{2, 2, 2}},
                 "cross_entropy: id 2 at position 1 of shape (2, 2) is outside [0, 2)"}}},
    pair_sample("mse_loss", mse_loss, "mse_loss: x (2, 3) and target (3) must have one shape"),
    pair_sample("bce_with_logits", bce_with_logits,
                "bce_with_logits: logits (2, 3) and target (3) must have one shape"),
};

}  // namespace
}  // namespace gradus
