#include "train/stepper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "autograd/mode.h"
#include "autograd/observe.h"
#include "nn/gpt.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

Tensor leaf(const Shape& shape, std::initializer_list<double> values) {
  Tensor x(shape);
  std::transform(values.begin(), values.end(), x.mutable_data(),
                 [](double v) { return static_cast<real>(v); });
  return x.requires_grad_();
}

Walkable neuron() {
  const Tensor x = leaf({2}, {2, -1}), w = leaf({2}, {0.5, 1.5}), b = leaf({}, {0.75});
  const Tensor target = scalar(real(1));
  return {"neuron",
          "One neuron",
          "y = tanh(w · x + b), and the square of its distance from 1. All that a network of any "
          "size does is here once: products, a sum, a bend, a loss, and the chain rule back.",
          {{"x", x}, {"w", w}, {"b", b}},
          [=] {
            const Tensor y = tanh(sum(w * x) + b);
            return pow(y - target, 2);
          }};
}

Walkable classifier() {
  const Tensor x = leaf({2, 3}, {1, 0.5, -1, -0.5, 2, 0.25});
  const Tensor W = leaf({3, 3}, {0.2, -0.4, 0.1, 0.5, 0.3, -0.2, -0.3, 0.6, 0.4});
  const Tensor b = leaf({3}, {0.1, 0, -0.1});
  const Tokens targets({2}, {0, 2});
  return {"classifier",
          "A linear classifier",
          "Two examples of three features, three classes: logits x Wᵀ + b, then the mean of "
          "-log softmax at the right class. The gradient of the logits is softmax minus one-hot, "
          "divided by the number of examples.",
          {{"x", x}, {"W", W}, {"b", b}},
          [=] { return cross_entropy(linear(x, W, b), targets); }};
}

// softmax(q kᵀ / √hs + mask) v for one head, written out.
Walkable attention_by_hand() {
  const Tensor q = leaf({3, 2}, {1, 0, 0.5, 1, -1, 0.5});
  const Tensor k = leaf({3, 2}, {0.5, 1, 1, -0.5, 0, 1.5});
  const Tensor v = leaf({3, 2}, {1, 2, -1, 0.5, 0.25, -2});
  const Tensor future = from_data({3, 3}, {0, 1, 1, 0, 0, 1, 0, 0, 0});
  return {"attention",
          "One attention head",
          "Three tokens, head size 2: scores q kᵀ / √2, the future masked with -∞, softmax over "
          "the keys, a weighted mean of the values (Vaswani et al. 2017, eq. 1). Row t of the "
          "weights is zero after column t: there no gradient flows either.",
          {{"q", q}, {"k", k}, {"v", v}},
          [=] {
            const Tensor scores = matmul(q, k.transpose(0, 1)) * real(1 / std::sqrt(2.0));
            const Tensor hidden =
                masked_fill(scores, future, -std::numeric_limits<real>::infinity());
            const Tensor y = matmul(softmax(hidden, -1), v);
            return sum(y * y);
          }};
}

Walkable smallest_gpt() {
  const Generator before = default_generator();
  manual_seed(3);
  const auto model = std::make_shared<GPT>(GPTConfig{.block_size = 3,
                                                     .vocab_size = 5,
                                                     .n_layer = 1,
                                                     .n_head = 2,
                                                     .n_embd = 4,
                                                     .bias = false,
                                                     .init_std = real(0.5)});
  default_generator() = before;
  const Tokens ids({1, 3}, {1, 4, 2}), targets({1, 3}, {4, 2, 0});
  return {"gpt", "A GPT with one block",
          "The GPT of nn/gpt.h itself: vocabulary 5, width 4, two heads, one block, the three "
          "tokens 1 4 2 and their successors 4 2 0. The embedding wte is read twice, at the start "
          "and, tied, as the head: its gradient is the sum of both.",
          model->named_parameters(), [=] { return model->loss(ids, targets); }};
}

}  // namespace

std::vector<std::string> walkable_names() { return {"neuron", "classifier", "attention", "gpt"}; }

Walkable walkable(const std::string& name) {
  if (name == "neuron") return neuron();
  if (name == "classifier") return classifier();
  if (name == "attention") return attention_by_hand();
  check_value(name == "gpt", "there is nothing called {} to walk through", name);
  return smallest_gpt();
}

Formula formula_of(const std::string& op) {
  static const std::map<std::string, Formula> formulas{
      {"add", {"y = a + b", "da = dy, db = dy, summed over what was broadcast"}},
      {"sub", {"y = a - b", "da = dy, db = -dy, summed over what was broadcast"}},
      {"mul", {"y = a b, elementwise", "da = dy b, db = dy a, summed over what was broadcast"}},
      {"div", {"y = a / b", "da = dy / b, db = -dy y / b"}},
      {"affine", {"y = scale x + shift", "dx = scale dy"}},
      {"pow", {"y = xᵖ", "dx = dy p xᵖ⁻¹"}},
      {"tanh", {"y = tanh x", "dx = dy (1 - y²)"}},
      {"sum", {"y = Σ x", "dx = dy, repeated"}},
      {"matmul", {"y = a b", "da = dy bᵀ, db = aᵀ dy"}},
      {"linear", {"y = x Wᵀ + b", "dx = dy W, dW = dyᵀ x, db = Σ dy over the rows"}},
      {"transpose", {"y = xᵀ, the same memory", "dx = dyᵀ"}},
      {"permute", {"y = x with its dimensions in another order", "dx = dy, put back in order"}},
      {"reshape", {"y = x in another shape", "dx = dy in the shape of x"}},
      {"view", {"y = x in another shape, the same memory", "dx = dy in the shape of x"}},
      {"narrow", {"y = a part of x, the same memory", "dx = dy there, 0 elsewhere"}},
      {"select", {"y = one slice of x, the same memory", "dx = dy there, 0 elsewhere"}},
      {"expand", {"y = x repeated, the same memory", "dx = Σ dy over the repetitions"}},
      {"where", {"y = a where the condition holds, else b", "da = dy there, db = dy elsewhere"}},
      {"softmax", {"y = exp(x) / Σ exp(x)", "dx = y (dy - Σ dy y)"}},
      {"layer_norm",
       {"y = (x - mean) / √(var + ε) · γ + β",
        "dx = (g - mean(g) - x̂ mean(g x̂)) / σ, g = dy γ, x̂ = (x - mean) / σ; dγ = Σ dy x̂, dβ = Σ "
        "dy"}},
      {"embedding", {"y = rows of the table at the ids", "dtable[id] += dy at every place of id"}},
      {"attention",
       {"y = softmax(q kᵀ / √hs + mask) v",
        "dv = pᵀ dy; ds = p (dp - Σ dp p), dp = dy vᵀ; dq = ds k / √hs, dk = dsᵀ q / √hs"}},
      {"gelu_tanh",
       {"y = x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))",
        "dx = dy ((1 + t) / 2 + x/2 (1 - t²) √(2/π) (1 + 0.134145 x²)), t = the tanh"}},
      {"cross_entropy",
       {"y = mean of -log softmax(x)[target]",
        "dx = dy (softmax(x) - onehot) / number of targets"}},
  };
  const auto found = formulas.find(op);
  check_value(found != formulas.end(), "the stepper has no formula for {}", op);
  return found->second;
}

namespace {

// Whose value an op read: the leaf or result with the same node, or without one the same memory.
size_t index_of(const Tensor& x, const std::vector<Tensor>& known) {
  for (size_t i = known.size(); i-- > 0;) {
    const bool same =
        x.node() != nullptr ? known[i].node() == x.node() : known[i].storage() == x.storage();
    if (same) return i;
  }
  return WalkStep::constant;
}

// The scalar when element `element` of the result of op number `op` is `shift` larger.
double shifted_result(const Walkable& subject, size_t op, int64_t element, real shift) {
  const NoGrad guard;
  size_t count = 0;
  const Observe observe([&](const char*, Tensor& y, std::span<const Tensor* const>) {
    if (count++ != op) return;
    y = dense_copy(y);  // a view must not change what it shows
    y.mutable_data()[element] += shift;
  });
  return static_cast<double>(subject.forward().item());
}

double shifted_leaf(const Walkable& subject, Tensor x, int64_t element, real shift) {
  const NoGrad guard;
  real* const number = x.detach().mutable_data() + element;
  const real before = *number;
  *number = before + shift;
  const double result = static_cast<double>(subject.forward().item());
  *number = before;
  return result;
}

// (f(x + h) - f(x - h)) / 2h for every element.
template <class F>
std::vector<real> central_differences(int64_t count, F shifted) {
  constexpr real h = sizeof(real) == 8 ? real(1e-5) : real(1e-2);
  std::vector<real> result;
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(static_cast<real>((shifted(i, h) - shifted(i, -h)) / (2 * double{h})));
  }
  return result;
}

std::vector<real> values_of(const Tensor& x) {
  return x.defined() ? x.to_vector() : std::vector<real>{};
}

}  // namespace

std::vector<WalkStep> walk(const Walkable& subject) {
  std::vector<WalkStep> steps;
  std::vector<Tensor> known;     // the value of each step
  std::vector<size_t> ordinals;  // of the op that made it, among all ops that are computed
  for (NamedTensor leaf : subject.leaves) {
    leaf.tensor.zero_grad();
    known.push_back(leaf.tensor);
    ordinals.push_back(0);
    steps.push_back({.name = leaf.name, .shape = leaf.tensor.shape()});
  }
  const size_t leaves = known.size();
  Tensor result;
  {
    size_t computed = 0;
    const Observe observe([&](const char* op, Tensor& y, std::span<const Tensor* const> inputs) {
      const size_t ordinal = computed++;
      if (y.node() == nullptr) return;  // a constant, or something inside an op
      y.retain_grad();
      WalkStep step{
          .name = fmt::format("#{}", known.size() - leaves + 1), .op = op, .shape = y.shape()};
      for (const Tensor* x : inputs) {
        if (x->defined()) step.inputs.push_back(index_of(*x, known));
      }
      steps.push_back(std::move(step));
      known.push_back(y);
      ordinals.push_back(ordinal);
    });
    result = subject.forward();
  }
  result.backward();
  for (size_t i = 0; i < steps.size(); ++i) {
    WalkStep& step = steps[i];
    step.values = values_of(known[i]);
    step.gradient = values_of(known[i].grad());
    step.differences = central_differences(known[i].numel(), [&](int64_t element, real shift) {
      return i < leaves ? shifted_leaf(subject, known[i], element, shift)
                        : shifted_result(subject, ordinals[i], element, shift);
    });
  }
  for (NamedTensor leaf : subject.leaves) leaf.tensor.zero_grad();
  return steps;
}

double disagreement(const WalkStep& step) {
  constexpr double noise = 1e-2;  // smaller gradients than this drown in a float's last digits
  double largest = noise, worst = 0;
  for (size_t i = 0; i < step.values.size(); ++i) {
    if (!std::isfinite(step.values[i])) continue;  // -∞ cannot be shifted
    const auto gradient = step.gradient.empty() ? 0.0 : static_cast<double>(step.gradient[i]);
    const auto difference = static_cast<double>(step.differences[i]);
    const double error = std::abs(gradient - difference);
    if (!std::isfinite(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
    largest = std::max(largest, std::abs(difference));
  }
  return worst / largest;
}

}  // namespace gradus
