// Runs every exercise against what it should do, and says which ones hold.

#include <cmath>
#include <cstdio>
#include <functional>

#include "exercises.h"

using namespace gradus;

namespace {

void demand(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

bool close(const Tensor& a, const Tensor& b) {
  demand(a.shape() == b.shape(), "the shape is not what it should be");
  const std::vector<real> x = a.to_vector(), y = b.to_vector();
  for (size_t i = 0; i < x.size(); ++i) {
    if (!(std::abs(x[i] - y[i]) <= real(1e-4) * (1 + std::abs(y[i])))) return false;
  }
  return true;
}

void chapter1() {
  const Tensor x = arange(12).reshape({3, 4}).narrow(1, 1, 3);  // (3, 3), not contiguous
  const Tensor d = exercises::diagonal(x);
  demand(close(d, from_data({3}, {1, 6, 11})), "the diagonal has other elements");
  demand(d.storage() == x.storage(), "the diagonal must be a view of the same storage");
}

void chapter2() {
  const Tensor x = randn({5, 3});
  Tensor w = randn({3, 4}).requires_grad_();
  sum(tanh(matmul(x, w))).backward();
  demand(close(exercises::gradient_by_hand(x, w.detach()), w.grad()), "autograd disagrees");
}

void chapter3() {
  Tensor x = randn({3, 4}).requires_grad_();
  const Tensor y = exercises::squareplus(x);
  demand(close(y.detach(), ((x + sqrt(x * x + 4)) / 2).detach()), "the values are not those of y");
  demand(y.node() != nullptr && std::string(y.node()->op) == "squareplus",
         "it must be one op, recorded as \"squareplus\"");
  gradcheck([](Inputs in) { return exercises::squareplus(in[0]); }, std::span(&x, 1));
}

void chapter4() {
  const Tensor q = randn({6, 4}), k = randn({6, 4}), v = randn({6, 4});
  const auto head = [](const Tensor& x) { return x.reshape({1, 6, 1, 4}); };
  const Tensor fused = attention(head(q), head(k), head(v), {.causal = true}).reshape({6, 4});
  demand(close(exercises::attention_by_hand(q, k, v), fused), "attention() disagrees");
}

void chapter5() {
  GPT model({.block_size = 8, .vocab_size = 11, .n_layer = 1, .n_head = 2, .n_embd = 8});
  Tokens ids({3, 8}), targets({3, 8});
  for (int64_t i = 0; i < 24; ++i) {
    ids.data()[i] = static_cast<int32_t>(i * 7 % 11);
    targets.data()[i] = static_cast<int32_t>(i * 5 % 11);
  }
  exercises::accumulate_gradients(model, ids, targets);
  std::vector<Tensor> mine;
  for (const NamedTensor& p : model.named_parameters()) {
    demand(p.tensor.grad().defined(), "a parameter has no gradient");
    mine.push_back(p.tensor.grad().clone());
  }
  model.zero_grad();
  model.loss(ids, targets).backward();
  size_t i = 0;
  for (const NamedTensor& p : model.named_parameters()) {
    demand(close(mine[i++], p.tensor.grad()), "the gradient is not that of the whole batch");
  }
}

void chapter6() {
  using Ids = std::vector<int32_t>;
  demand(exercises::merge({1, 2, 3, 1, 2}, 1, 2, 9) == Ids{9, 3, 9}, "1 2 3 1 2 -> 9 3 9");
  demand(exercises::merge({5, 5, 5}, 5, 5, 9) == Ids{9, 5}, "from left to right: 5 5 5 -> 9 5");
  demand(exercises::merge({}, 1, 2, 9).empty(), "nothing stays nothing");
}

void chapter7() {
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  demand(near(exercises::unigram_entropy({1, 1, 1, 1}), std::log(4.0)), "four equal ones: ln 4");
  demand(near(exercises::unigram_entropy({3, 0, 1}), std::log(4.0) - 0.75 * std::log(3.0)),
         "3, 0 and 1: ln 4 - 3/4 ln 3");
}

}  // namespace

int main() {
  int missing = 0, chapter = 0;
  for (const auto& check : {chapter1, chapter2, chapter3, chapter4, chapter5, chapter6, chapter7}) {
    ++chapter;
    try {
      check();
      fmt::print("chapter {}: holds\n", chapter);
    } catch (const std::exception& error) {
      fmt::print("chapter {}: {}\n", chapter, error.what());
      ++missing;
    }
  }
  return missing == 0 ? 0 : 1;
}
