// A chain of a million nodes: neither backward nor destruction may recurse.

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr int64_t million = 1'000'000;
constexpr int64_t enough = 200'000;  // overflows a stack of 8 MB from 42 bytes a call

Tensor chain(int64_t length, const Tensor& x, Tensor step(const Tensor&)) {
  Tensor y = x;
  for (int64_t i = 0; i < length; ++i) y = step(y);
  return y;
}

// Steps whose closure saves nothing, its result, or its input: each is destroyed in its own way.
Tensor saves_nothing(const Tensor& x) { return x + real(1); }
Tensor saves_its_result(const Tensor& x) { return sqrt(x); }
Tensor saves_its_input(const Tensor& x) { return abs(x); }
Tensor has_many_inputs(const Tensor& x) { return concat({x}, 0); }

// Builds a chain, runs it backward or not, destroys it, and finds all memory given back.
void check_chain(int64_t length, Tensor step(const Tensor&), bool run) {
  const int64_t before = memory_stats().live_bytes;
  {
    Tensor x = ones({1}).requires_grad_();
    const Tensor y = chain(length, x, step);
    CHECK(y.requires_grad());
    if (run) y.backward();
    if (run) CHECK(x.grad().item() == 1);
  }
  CHECK(memory_stats().live_bytes == before);
}

}  // namespace

TEST_CASE("a chain of a million nodes runs backward and is destroyed without recursion") {
  check_chain(million, saves_its_input, true);
  check_chain(enough, saves_nothing, true);
}

TEST_CASE("a chain of a million nodes that never ran is destroyed without recursion") {
  check_chain(million, saves_its_input, false);
  for (const auto step : {saves_nothing, saves_its_result, has_many_inputs}) {
    check_chain(enough, step, false);
  }
}

TEST_CASE("a ladder, in which every node is used twice, is destroyed without recursion") {
  Tensor x = ones({1}).requires_grad_();
  Tensor y = x * x;
  for (int64_t i = 0; i < enough; ++i) y = y * y;
  CHECK(y.requires_grad());
}
