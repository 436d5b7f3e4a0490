// Values that are cheap to make again: activations, which a linear layer behind them does not keep.

#include "autograd/checkpoint.h"
#include "autograd/observe.h"
#include "autograd/ops.h"
#include "tensor/allocator.h"
#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr int64_t layer_rows = 64, layer_width = 512, layer_outputs = 16;

// A layer behind an activation, from the same numbers every time.
struct ActivatedLayer {
  Tensor u = uniform({layer_rows, layer_width}, -2, 2, 1).requires_grad_();
  Tensor w = uniform({layer_outputs, layer_width}, -1, 1, 2).requires_grad_();
};

const auto activations = {relu, gelu, gelu_tanh, silu};

}  // namespace

TEST_CASE("linear keeps no copy of an activation, only what the activation keeps") {
  const auto hidden_bytes = static_cast<int64_t>(layer_rows * layer_width * sizeof(real));
  for (Tensor (*const f)(const Tensor&) : activations) {
    const ActivatedLayer layer;
    const int64_t before = memory_stats().live_bytes;
    const Tensor y = linear(f(layer.u), layer.w);
    CHECK(memory_stats().live_bytes - before < hidden_bytes / 2);
    CHECK(y.requires_grad());
  }
}

TEST_CASE("gradients are to the bit those of an activation that was kept") {
  for (Tensor (*const f)(const Tensor&) : activations) {
    const ActivatedLayer again, kept;
    const Tensor h = f(again.u);
    (sum(linear(h, again.w)) + sum(linear(h, again.w) * 2)).backward();
    const Tensor same = f(kept.u) * 1;  // a product saves what it multiplies
    (sum(linear(same, kept.w)) + sum(linear(same, kept.w) * 2)).backward();
    CHECK(bit_difference(again.u.grad(), kept.u.grad()) == "");
    CHECK(bit_difference(again.w.grad(), kept.w.grad()) == "");
  }
}

TEST_CASE("what an activation is made of again must not have changed") {
  const ActivatedLayer layer;
  Tensor u = layer.u * 1;
  const Tensor loss = sum(linear(gelu(u), layer.w));
  u.mutable_data()[0] = 3;
  CHECK(contains(message_of<GraphError>([&] { loss.backward(); }), "changed"));
  CHECK_FALSE(layer.w.grad().defined());
}

TEST_CASE(
    "an activation that was changed before a layer read it is refused, though nobody has it") {
  const ActivatedLayer layer;
  Tensor in_place, observed;
  {
    Tensor h = gelu(layer.u);
    h.mutable_data()[0] = 100;
    in_place = sum(linear(h, layer.w));
  }
  {
    const Observe steer([](const char* op, Tensor& y, std::span<const Tensor* const>) {
      if (std::string(op) == "gelu") y.mutable_data()[0] = 100;
    });
    observed = sum(linear(gelu(layer.u), layer.w));
  }
  for (const Tensor& loss : {in_place, observed}) {
    CHECK(contains(message_of<GraphError>([&] { loss.backward(); }), "changed in place"));
  }
  CHECK_FALSE(layer.w.grad().defined());
}

TEST_CASE("an activation of no rows, frozen weights, and inside checkpoint()") {
  ActivatedLayer layer;
  const ActivatedLayer plain;
  const Tensor none = zeros({0, layer_width}).requires_grad_();
  sum(linear(gelu(none), layer.w)).backward();
  CHECK(bit_difference(layer.w.grad(), zeros({layer_outputs, layer_width})) == "");
  layer.w.requires_grad_(false);
  sum(linear(gelu(layer.u), layer.w)).backward();
  sum(linear(gelu(plain.u) * 1, plain.w)).backward();
  CHECK(bit_difference(layer.u.grad(), plain.u.grad()) == "");

  const ActivatedLayer again;
  const auto f = [&](Inputs x) { return linear(gelu(x[0]), again.w); };
  sum(checkpoint(f, std::array{again.u}, std::array{again.w})).backward();
  CHECK(bit_difference(again.u.grad(), plain.u.grad()) == "");
  CHECK(bit_difference(again.w.grad(), plain.w.grad()) == "");
}
