// A chain of a million nodes: neither backward nor destruction may recurse.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr int64_t length = 1'000'000;

// Steps whose closure saves nothing, its result, or its input: each is destroyed in its own way.
Tensor chain(const Tensor& x, Tensor step(const Tensor&)) {
  Tensor y = x;
  for (int64_t i = 0; i < length; ++i) y = step(y);
  return y;
}

Tensor saves_nothing(const Tensor& x) { return x + real(1); }
Tensor saves_its_result(const Tensor& x) { return sqrt(x); }
Tensor saves_its_input(const Tensor& x) { return abs(x); }
Tensor has_many_inputs(const Tensor& x) { return concat({x}, 0); }

}  // namespace

TEST_CASE("a chain of a million nodes runs backward and is destroyed without recursion") {
  for (const auto step : {saves_nothing, saves_its_input}) {
    const int64_t before = memory_stats().live_bytes;
    {
      Tensor x = ones({1}).requires_grad_();
      const Tensor y = chain(x, step);
      y.backward();
      CHECK(x.grad().item() == 1);
    }
    CHECK(memory_stats().live_bytes == before);
  }
}

TEST_CASE("a chain of a million nodes that never ran is destroyed without recursion") {
  for (const auto step : {saves_nothing, saves_its_result, saves_its_input, has_many_inputs}) {
    const int64_t before = memory_stats().live_bytes;
    {
      Tensor x = ones({1}).requires_grad_();
      const Tensor y = chain(x, step);
      CHECK(y.requires_grad());
    }
    CHECK(memory_stats().live_bytes == before);
  }
}

TEST_CASE("a ladder, in which every node is used twice, is destroyed without recursion") {
  Tensor x = ones({1}).requires_grad_();
  Tensor y = x * x;
  for (int64_t i = 0; i < 200'000; ++i) y = y * y;
  CHECK(y.requires_grad());
}
