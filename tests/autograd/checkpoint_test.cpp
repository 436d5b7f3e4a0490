#include "autograd/checkpoint.h"

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

struct Network {
  Tensor w = uniform({6, 6}, -1, 1, 1).requires_grad_();
  Tensor b = uniform({6}, -1, 1, 2).requires_grad_();

  Tensor layer(const Tensor& x) const { return dropout(gelu(linear(x, w, b)), real(0.3)); }
  Tensors parameters() const { return {w, b}; }
};

// The loss and all gradients of f(x), from one seed.
Outcome train(const Network& n, const std::function<Tensor(const Tensor&)>& f) {
  manual_seed(5);
  Tensor x = uniform({4, 6}, -1, 1, 0).requires_grad_();
  Tensors leaves{x, n.w, n.b};
  const Tensor loss = sum(f(x) * uniform({4, 6}, -1, 1, 3));
  loss.backward();
  Outcome outcome{loss.detach(), {}};
  for (Tensor& leaf : leaves) {
    outcome.gradients.push_back(leaf.grad());
    leaf.zero_grad();
  }
  return outcome;
}

}  // namespace

TEST_CASE("checkpoint: loss and gradients are those without it, bit for bit, dropout included") {
  const Network n;
  const Outcome expected = train(n, [&](const Tensor& x) { return n.layer(x); });
  const Outcome recomputed = train(n, [&](const Tensor& x) {
    return checkpoint([&](Inputs in) { return n.layer(in[0]); }, Tensors{x}, n.parameters());
  });
  CHECK(difference(recomputed, expected, 0) == "");
}

TEST_CASE("checkpoint: layers in a row, each dropping its own elements, and a layer after them") {
  const Network n;
  const Outcome expected = train(n, [&](const Tensor& x) { return n.layer(n.layer(n.layer(x))); });
  const auto layer = [&](Inputs in) { return n.layer(in[0]); };
  const Outcome recomputed = train(n, [&](const Tensor& x) {
    const Tensor h = checkpoint(layer, Tensors{x}, n.parameters());
    return n.layer(checkpoint(layer, Tensors{h}, n.parameters()));
  });
  CHECK(difference(recomputed, expected) == "");
}

TEST_CASE("checkpoint: a checkpoint inside a checkpoint") {
  const Network n;
  const Outcome expected = train(n, [&](const Tensor& x) { return n.layer(n.layer(x)); });
  const auto layer = [&](Inputs in) { return n.layer(in[0]); };
  const auto two_layers = [&](Inputs in) { return n.layer(checkpoint(layer, in, n.parameters())); };
  const Outcome recomputed =
      train(n, [&](const Tensor& x) { return checkpoint(two_layers, Tensors{x}, n.parameters()); });
  CHECK(difference(recomputed, expected) == "");
}

TEST_CASE("checkpoint: the generator goes on as if nothing had been computed twice") {
  const Network n;
  Tensor x = uniform({4, 6}, -1, 1, 0).requires_grad_();
  manual_seed(5);
  const Tensor y =
      checkpoint([&](Inputs in) { return n.layer(in[0]); }, Tensors{x}, n.parameters());
  const uint64_t after_forward = default_generator().counter;
  CHECK(after_forward == 1);
  manual_seed(77);
  sum(y).backward();
  CHECK(default_generator().seed == 77);
  CHECK(default_generator().counter == 0);
}

TEST_CASE("checkpoint: inputs that want no gradient, parameters that do") {
  Tensor w = ones({3}).requires_grad_();
  const Tensor x = from_data({3}, {1, 2, 3});
  const Tensor y = checkpoint([&](Inputs in) { return in[0] * w; }, Tensors{x}, Tensors{w});
  CHECK(y.requires_grad());
  sum(y).backward();
  CHECK(w.grad().to_vector() == std::vector<real>{1, 2, 3});
  CHECK(!x.grad().defined());
}

TEST_CASE("checkpoint: a hook on a parameter sees its whole gradient once") {
  Tensor w = ones({1}).requires_grad_();
  std::vector<real> seen;
  w.register_hook([&](const Tensor& g) {
    seen.push_back(g.item());
    return Tensor();
  });
  Tensor x = from_data({1}, {3}).requires_grad_();
  const auto fn = [&](Inputs in) { return in[0] * w; };
  const Tensor y = checkpoint(fn, Tensors{x}, Tensors{w}) + checkpoint(fn, Tensors{x}, Tensors{w});
  sum(y + w).backward();
  CHECK(seen == std::vector<real>{7});
  CHECK(w.grad().item() == 7);
}

TEST_CASE("checkpoint: a captured tensor with history is an error, not a lost gradient") {
  Tensor w = ones({2}).requires_grad_(), x = ones({2}).requires_grad_();
  const Tensor outer = w * 2;
  const auto fn = [&](Inputs in) { return in[0] * outer; };
  const Tensor y = checkpoint(fn, Tensors{x}, {});
  CHECK(contains(message_of<GraphError>([&] { sum(y).backward(); }),
                 "checkpoint: the function uses affine (2), which has history outside it"));
  const Tensor both = sum(checkpoint(fn, Tensors{x}, {})) + sum(outer);  // reached outside as well
  CHECK_THROWS_AS(both.backward(), GraphError);
}

TEST_CASE("checkpoint: an input that is used outside as well gets both gradients") {
  Tensor x = from_data({2}, {3, 4}).requires_grad_();
  const Tensor y = checkpoint([](Inputs in) { return in[0] * in[0]; }, Tensors{x}, {});
  sum(y + x).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{7, 9});
}

TEST_CASE("checkpoint: an input changed in place before backward is an error") {
  Tensor x = ones({2}).requires_grad_(), w = ones({2}).requires_grad_();
  const Tensor y = checkpoint([&](Inputs in) { return in[0] * w; }, Tensors{x}, Tensors{w});
  w.fill_(2);
  CHECK_THROWS_AS(sum(y).backward(), GraphError);
}

TEST_CASE("checkpoint: the modes of the forward hold in the recomputation") {
  Tensor x = ones({50}).requires_grad_();
  std::vector<bool> training;
  const auto fn = [&](Inputs in) {
    training.push_back(is_training());
    return dropout(in[0], real(0.5));
  };
  Tensor y;
  {
    const ModeGuard evaluation_with_gradients(true, false);
    y = checkpoint(fn, Tensors{x}, {});
  }
  sum(y).backward();
  CHECK(training == std::vector<bool>{false, false});
  CHECK(is_training());
  CHECK(bit_difference(x.grad(), ones({50})) == "");
}

TEST_CASE("checkpoint: nothing is recorded under NoGrad") {
  Tensor x = ones({2}).requires_grad_();
  const NoGrad guard;
  CHECK(checkpoint([](Inputs in) { return in[0] * 2; }, Tensors{x}, {}).node() == nullptr);
}

TEST_CASE("checkpoint: what happens inside is not kept") {
  Tensor x = ones({1 << 16}).requires_grad_();
  const auto deep = [](Inputs in) {
    Tensor h = in[0];
    for (int i = 0; i < 10; ++i) h = exp(h * real(0.1));
    return h;
  };
  const int64_t before = memory_stats().live_bytes;
  const Tensor y = checkpoint(deep, Tensors{x}, {});
  const int64_t bytes = x.numel() * static_cast<int64_t>(sizeof(real));
  CHECK(memory_stats().live_bytes - before < 2 * bytes);
  sum(y).backward();
  const Tensor expected = x.grad();
  x.zero_grad();
  sum(deep(Tensors{x})).backward();
  CHECK(bit_difference(x.grad(), expected) == "");
}
