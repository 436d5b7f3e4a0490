// A GPT that learns in bfloat16.

#include "data/batches.h"
#include "nn/gpt.h"
#include "optim/optimizer.h"
#include "tensor/precision.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

#ifndef GRADUS_DOUBLE

namespace {

std::vector<int32_t> some_text() {
  std::vector<int32_t> text(3000);
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<int32_t>((i * i + 3 * i) % 61);
  return text;
}

// Losses of a few steps, and the gradients of the first.
struct Run {
  std::vector<double> losses;
  std::vector<Tensor> gradients;
};

Run train(Precision precision, int threads) {
  const ThreadGuard guard(threads);
  manual_seed(3);
  GPT model({.block_size = 32, .vocab_size = 61, .n_layer = 2, .n_head = 4, .n_embd = 64});
  const std::vector<NamedTensor> parameters = model.named_parameters();
  AdamW optimizer(parameters, {.lr = real(1e-3)});
  CausalLoader loader(some_text(), {.batch_size = 8, .block_size = 32});
  Run run;
  for (int step = 0; step < 20; ++step) {
    const PrecisionMode products(precision);
    const auto [ids, targets] = loader.next();
    const Tensor loss = model.loss(ids, targets);
    loss.backward();
    run.losses.push_back(static_cast<double>(loss.item()));
    for (const NamedTensor& p : parameters) {
      if (step == 0) run.gradients.push_back(p.tensor.grad().clone());
    }
    optimizer.step();
    optimizer.zero_grad();
  }
  return run;
}

double norm(const Tensor& x) {
  double squares = 0;
  for (const real v : x.to_vector()) squares += double{v} * double{v};
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("a GPT learns in bfloat16 as in float32: losses within 0.02, gradients within 2 %") {
  const Run expected = train(Precision::float32, 2), run = train(Precision::bf16_emulated, 2);
  CHECK(expected.losses.back() < expected.losses.front() - 0.2);
  for (size_t i = 0; i < run.losses.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(run.losses[i] - expected.losses[i]) < 0.02);
  }
  CHECK(run.losses != expected.losses);
  for (size_t i = 0; i < run.gradients.size(); ++i) {
    const NoGrad values;
    const Tensor& wanted = expected.gradients[i];
    CHECK(norm(run.gradients[i] - wanted) < 0.02 * norm(wanted));
    CHECK(norm(run.gradients[i] - wanted) > 0);
  }
}

TEST_CASE("learning in bfloat16 gives the same bits for any number of threads") {
  const Run one = train(Precision::bf16_emulated, 1), three = train(Precision::bf16_emulated, 3);
  CHECK(one.losses == three.losses);
  for (size_t i = 0; i < one.gradients.size(); ++i)
    CHECK(bit_difference(one.gradients[i], three.gradients[i]) == "");
}

#else

TEST_CASE("double precision has no bfloat16, and says so") {
  for (const Precision precision : {Precision::bf16, Precision::bf16_emulated}) {
    CHECK(contains(message_of<ValueError>([&] { const PrecisionMode products(precision); }),
                   "double"));
  }
}

#endif
