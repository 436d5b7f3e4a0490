// Watching backward. (Watching forward is tested with the audit, which is made of it.)

#include "autograd/observe.h"

#include "autograd/node.h"
#include "autograd/record.h"
#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("an observer of backward is told of every op once it has run, newest first") {
  Tensor x = full({2}, real(0.5)).requires_grad_();
  std::vector<std::string> seen;
  std::vector<bool> had_gradient;
  const Observe observe({}, [&](const autograd::Node& node) {
    seen.push_back(node.op);
    had_gradient.push_back(x.grad().defined());
  });
  sum(exp(tanh(x))).backward();
  CHECK(seen == std::vector<std::string>{"sum", "exp", "tanh"});
  CHECK(had_gradient == std::vector<bool>{false, false, true});
}

TEST_CASE("an observer of backward hides the ops that backward computes from the one before") {
  const Tensor x = full({2}, 3).requires_grad_();
  int forward = 0, backward = 0;
  const Observe outer([&](const char*, Tensor&, std::span<const Tensor* const>) { ++forward; });
  const Tensor y = sum(x * x);
  CHECK(forward == 2);
  {
    const Observe inner({}, [&](const autograd::Node&) {
      ++backward;
      static_cast<void>(x * x);
    });
    y.backward();  // dy x + dy x: products of its own
  }
  CHECK(forward == 2);
  CHECK(backward == 2);
  static_cast<void>(x * x);
  CHECK(forward == 3);
}

TEST_CASE("an observer of backward that throws leaves the engine fit for the next backward") {
  const Tensor x = full({2}, 3).requires_grad_();
  {
    const Observe observe({},
                          [](const autograd::Node&) { throw std::runtime_error("seen enough"); });
    CHECK_THROWS_WITH(sum(x * x).backward(), "seen enough");
  }
  x.node()->grad = Tensor();
  sum(x * x).backward();
  CHECK(x.grad().to_vector() == std::vector<real>{6, 6});
}
