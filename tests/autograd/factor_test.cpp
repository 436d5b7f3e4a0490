// Products in bfloat16: linear, forward and backward, against the same with explicit rounding.

#include "autograd/factor.h"

#include "autograd/checkpoint.h"
#include "optim/optimizer.h"
#include "tensor/bf16_copy.h"
#include "tests/autograd/sample_runs.h"
#include "tests/tensor/kernels/kernel_guard.h"

using namespace gradus;
using namespace gradus::testing;

// The double build has no bfloat16.
#ifndef GRADUS_DOUBLE

namespace {

// What bfloat16 makes of x, as a float32 tensor.
Tensor rounded(const Tensor& x) {
  const Tensor from = dense_copy(x.detach());
  Tensor to(x.shape());
  for (int64_t i = 0; i < x.numel(); ++i)
    to.mutable_data()[i] = kernels::to_float(kernels::to_bf16(static_cast<float>(from.data()[i])));
  return to;
}

struct Layer {
  Tensor x = uniform({3, 5, 37}, -1, 1, 1).requires_grad_();
  Tensor w = uniform({41, 37}, -1, 1, 2).requires_grad_();
  Tensor b = uniform({41}, -1, 1, 3).requires_grad_();
  Tensor dy = uniform({3, 5, 41}, -1, 1, 4);
};

}  // namespace

TEST_CASE("linear in bfloat16: y = r(x) r(W)ᵀ + b, dx = r(dy) r(W), dW = r(dy)ᵀ r(x), db = Σ dy") {
  const Layer f;
  const Tensor y = [&] {
    const PrecisionMode products(Precision::bf16_emulated);
    return linear(f.x, f.w, f.b);
  }();
  y.backward(f.dy);  // multiplies as forward did, though the guard is gone

  const NoGrad values;
  const Tensor x = rounded(f.x).reshape({15, 37}), w = rounded(f.w);
  const Tensor dy = rounded(f.dy).reshape({15, 41});
  CHECK(difference(y, (matmul(x, w.transpose(0, 1)) + f.b).reshape({3, 5, 41})) == "");
  CHECK(difference(f.x.grad(), matmul(dy, w).reshape({3, 5, 37})) == "");
  CHECK(difference(f.w.grad(), matmul(dy.transpose(0, 1), x)) == "");
  CHECK(difference(f.b.grad(), sum(f.dy.reshape({15, 41}), {0})) == "");
  // Without rounding they would be further off than sums in float32 are.
  CHECK(difference(y, linear(f.x, f.w, f.b)) != "");
}

TEST_CASE("linear in bfloat16 adds to gradients that are there, and needs no bias") {
  const Layer f;
  const PrecisionMode products(Precision::bf16_emulated);
  linear(f.x, f.w).backward(f.dy);
  const Tensor once = f.w.grad().clone();
  linear(f.x, f.w).backward(f.dy);
  CHECK(difference(f.w.grad(), once * 2) == "");
}

TEST_CASE("linear in bfloat16 reads strided inputs and parts of a weight's storage") {
  const Layer f;
  const Tensor wide = uniform({82, 37}, -1, 1, 5);
  const PrecisionMode products(Precision::bf16_emulated);
  const Tensor second_half = wide.narrow(0, 41, 41);
  CHECK(bit_difference(linear(f.x, second_half), linear(f.x, second_half.clone())) == "");
  CHECK(bit_difference(linear(in_strided_memory(f.x), in_strided_memory(f.w), f.b),
                       linear(f.x, f.w, f.b)) == "");
  CHECK(linear(zeros({0, 37}), f.w, f.b).shape() == Shape{0, 41});
  CHECK(bit_difference(linear(zeros({2, 0}), zeros({41, 0}), f.b), f.b.expand({2, 41})) == "");
}

TEST_CASE("linear in bfloat16 gives the same bits for any number of threads") {
  const Tensor x = uniform({300, 200}, -1, 1, 1), w = uniform({500, 200}, -1, 1, 2);
  const Tensor dy = uniform({300, 500}, -1, 1, 3);
  std::vector<Outcome> outcomes;
  for (const int threads : {1, 2, 3}) {
    const ThreadGuard guard(threads);
    const PrecisionMode products(Precision::bf16_emulated);
    Tensor leaf_x = x.detach().requires_grad_(), leaf_w = w.detach().requires_grad_();
    const Tensor y = linear(leaf_x, leaf_w);
    y.backward(dy);
    outcomes.push_back({y.detach(), {leaf_x.grad(), leaf_w.grad()}});
  }
  CHECK(difference(outcomes[1], outcomes[0], 0) == "");
  CHECK(difference(outcomes[2], outcomes[0], 0) == "");
}

TEST_CASE("linear in bfloat16 on reference loops computes the same") {
  const Layer f;
  const PrecisionMode products(Precision::bf16_emulated);
  const Tensor expected = linear(f.x, f.w, f.b);
  const KernelGuard loops(kernels::Mode::reference);
  CHECK(difference(linear(f.x, f.w, f.b), expected) == "");
}

TEST_CASE("a weight is rounded once, until somebody writes to it") {
  const Layer f;
  const PrecisionMode products(Precision::bf16_emulated);
  const auto copy = f.w.storage()->in_bf16();
  CHECK(copy.use_count() == 2);  // ours and the storage's
  const Tensor y = linear(f.x, f.w, f.b);
  CHECK(copy.use_count() == 3);  // what backward saved is this copy, not another
  const Tensor z = linear(f.x, f.w, f.b);
  CHECK(copy.use_count() == 4);
  y.backward(f.dy);
  z.backward(f.dy);
  CHECK(copy.use_count() == 2);
  CHECK(f.w.storage()->in_bf16() == copy);

  Tensor w = f.w.detach();
  w.fill_(real(0.5));
  CHECK(f.w.storage()->in_bf16() != copy);
  CHECK(bit_difference(linear(f.x, f.w), linear(f.x, full({41, 37}, real(0.5)))) == "");
}

TEST_CASE("a writer may write a weight and its copy; a copy that somebody holds stays as it is") {
  Storage weight(2);
  CHECK(weight.mutable_bf16() == nullptr);  // nobody has read it in bfloat16
  std::fill_n(weight.mutable_data(), 2, real(1));
  weight.in_bf16();
  std::fill_n(weight.mutable_data(), 2, real(2));
  std::fill_n(weight.mutable_bf16(), 2, kernels::to_bf16(3));
  const auto held = weight.in_bf16();
  CHECK(kernels::to_float(held->data()[1]) == 3);  // not rounded again
  std::fill_n(weight.mutable_data(), 2, real(4));
  CHECK(weight.mutable_bf16() == nullptr);
  CHECK(kernels::to_float(weight.in_bf16()->data()[1]) == 4);
  CHECK(kernels::to_float(held->data()[1]) == 3);
}

TEST_CASE("after AdamW products read the new weight in bfloat16, also if it is part of a storage") {
  const Tensor table = uniform({2, 300, 100}, -1, 1, 2);
  for (Tensor w : {dense_copy(table.select(0, 0)), table.select(0, 1)}) {
    w.requires_grad_();
    w.storage()->in_bf16();
    AdamW optimizer({{"w", w}});
    w.set_grad(uniform({300, 100}, -1, 1, 3));
    optimizer.step();
    const PrecisionMode products(Precision::bf16_emulated);
    const Tensor unit = ones({1, 100});
    CHECK(difference(linear(unit, w), linear(unit, dense_copy(w))) == "");
  }
}

TEST_CASE("what linear saves of its input for backward is half as large in bfloat16") {
  Tensor w = uniform({16, 1024}, -1, 1, 2).requires_grad_();
  const auto saved_bytes = [&](Precision precision) {
    const PrecisionMode products(precision);
    linear(zeros({1, 1024}), w);  // rounds the weight
    const int64_t before = memory_stats().live_bytes;
    const Tensor y = linear(uniform({1024, 1024}, -1, 1, 1), w);
    return memory_stats().live_bytes - before;
  };
  const int64_t in_float32 = saved_bytes(Precision::float32);
  const int64_t in_bf16 = saved_bytes(Precision::bf16_emulated);
  CHECK(in_float32 > 1024 * 1024 * 4);
  CHECK(in_float32 - in_bf16 > 1024 * 1024 * 2 - 1000);  // the copy has an owner to count
}

TEST_CASE("a weight that changes between forward and backward is noticed in bfloat16 as well") {
  const Layer f;
  const PrecisionMode products(Precision::bf16_emulated);
  const Tensor y = linear(f.x, f.w, f.b);
  Tensor w = f.w.detach();
  w.fill_(1);
  CHECK_THROWS_AS(y.backward(f.dy), GraphError);
}

TEST_CASE("a checkpoint computes again in the precision of its forward") {
  const Layer f;
  const auto gradients = [&](bool with_checkpoint) {
    Tensor leaf = f.x.detach().requires_grad_();
    Tensor y;
    {
      const PrecisionMode products(Precision::bf16_emulated);
      const auto layer = [&](Inputs in) { return gelu(linear(in[0], f.w, f.b)); };
      const Tensors inputs{leaf};
      y = with_checkpoint ? checkpoint(layer, inputs, Tensors{f.w, f.b}) : layer(inputs);
    }
    y.backward(f.dy);
    return leaf.grad();
  };
  CHECK(bit_difference(gradients(true), gradients(false)) == "");
}

TEST_CASE("attention in bfloat16 rounds its operands, but for a single query") {
  const PrecisionMode products(Precision::bf16_emulated);
  const real fine = real(1) + real(1) / 512;  // bfloat16 has 1 and 1 + 1/128
  const Tensor v = full({1, 4, 1, 2}, fine);
  const auto y_of = [&](int64_t T) {
    return attention(zeros({1, T, 1, 2}), zeros({1, 4, 1, 2}), v);
  };
  CHECK(bit_difference(y_of(2), full({1, 2, 1, 2}, 1)) == "");
  CHECK(difference(y_of(1), full({1, 1, 1, 2}, fine)) == "");
}

#endif

TEST_CASE("precision is float32 unless a guard lives; names go there and back") {
  CHECK(precision() == Precision::float32);
  for (const Precision p : {Precision::float32, Precision::bf16, Precision::bf16_emulated})
    CHECK(precision_named(name_of(p)) == p);
  CHECK(precision_named("bf17") == std::nullopt);
  if (in_double) {
    CHECK(message_of([] { PrecisionMode products(Precision::bf16_emulated); }) ==
          "precision bf16-emulated: a build in double precision has no bfloat16");
    return;
  }
  {
    const PrecisionMode outer(Precision::bf16_emulated);
    CHECK(precision() == Precision::bf16_emulated);
    const PrecisionMode inner(Precision::float32);
    CHECK(precision() == Precision::float32);
  }
  CHECK(precision() == Precision::float32);
}
