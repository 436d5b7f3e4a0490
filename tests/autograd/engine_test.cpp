// What backward leaves behind: memory freed as it goes, and an engine that survives exceptions.

#include <stdexcept>

#include "autograd/record.h"
#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

Tensor failing(const Tensor& x) {
  auto backward = [](const Tensor&, Grad) { throw std::runtime_error("enough"); };
  return record("failing", dense_copy(x), backward, x);
}

}  // namespace

TEST_CASE("backward frees what forward saved as it goes") {
  constexpr int64_t n = 1 << 18, layers = 32;
  constexpr int64_t bytes = n * static_cast<int64_t>(sizeof(real));
  Tensor x = ones({n}).requires_grad_();
  Tensor y = x;
  for (int64_t i = 0; i < layers; ++i) y = exp(y * real(0.01));  // each saves its result
  const Tensor loss = sum(y);
  y = Tensor();
  const int64_t forward = memory_stats().live_bytes;
  reset_peak_memory();
  loss.backward();
  // At any time: a few gradients in flight beyond what is still saved.
  CHECK(memory_stats().peak_bytes <= forward + 4 * bytes);
  // What stays: x, its gradient, the loss.
  CHECK(memory_stats().live_bytes <= forward - (layers - 2) * bytes);
}

TEST_CASE("saved tensors die with the graph even if the result lives on") {
  Tensor x = ones({1000}).requires_grad_();
  const Tensor y = exp(exp(exp(x)));
  sum(y).backward();
  x.zero_grad();
  const int64_t before = memory_stats().live_bytes;
  { const Tensor other = exp(exp(exp(x))); }
  CHECK(memory_stats().live_bytes == before);
  CHECK(y.node()->edges().empty() == false);
  for (const autograd::Edge& edge : y.node()->edges()) CHECK(edge.input == nullptr);
}

TEST_CASE("an exception in a backward closure leaves the engine usable") {
  Tensor x = ones({2}).requires_grad_();
  const Tensor h = x * 2;
  const Tensor loss = sum(failing(h) + h * 3);
  CHECK_THROWS_AS(loss.backward(), std::runtime_error);
  CHECK(grad_enabled());
  CHECK(!h.node()->queued);
  CHECK(!h.node()->incoming.defined());
  x.zero_grad();
  sum(h).backward();  // h itself had not run
  CHECK(x.grad().to_vector() == std::vector<real>{2, 2});
}

TEST_CASE("a refused backward leaves no marks behind") {
  Tensor x = ones({2}).requires_grad_(), w = ones({2}).requires_grad_();
  const Tensor h = x * w, g = exp(h);
  const Tensor loss = sum(h) + sum(g);
  g.detach().fill_(0);
  CHECK_THROWS_AS(loss.backward(), GraphError);
  for (const Tensor& t : {x, w, h, g, loss}) {
    CHECK(!t.node()->queued);
    CHECK(!t.node()->incoming.defined());
  }
  sum(h).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{1, 1});
}

TEST_CASE("a training step in steady state asks the system for no memory") {
  const Tensor x = uniform({8, 16}, -1, 1, 0);
  Tensor w = uniform({16, 16}, -1, 1, 1).requires_grad_();
  Tensor b = uniform({16}, -1, 1, 2).requires_grad_();
  const auto step = [&] {
    w.zero_grad(), b.zero_grad();
    mean(gelu(linear(layer_norm(x, {}, b, real(1e-5)), w, b))).backward();
  };
  for (int i = 0; i < 3; ++i) step();
  const int64_t before = memory_stats().system_allocations;
  const int64_t live = memory_stats().live_bytes;
  for (int i = 0; i < 10; ++i) step();
  CHECK(memory_stats().system_allocations == before);
  CHECK(memory_stats().live_bytes == live);
}
