#include "autograd/mode.h"

#include <stdexcept>
#include <thread>

#include "tests/autograd/sample_runs.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("training is the default") {
  CHECK(grad_enabled());
  CHECK(is_training());
}

TEST_CASE("modes nest, and each guard restores what it found") {
  {
    const NoGrad outer;
    CHECK(!grad_enabled());
    CHECK(is_training());
    {
      const EnableGrad inner;
      CHECK(grad_enabled());
      const EvalMode evaluation;
      CHECK(!grad_enabled());
      CHECK(!is_training());
      const EnableGrad recording;
      CHECK(grad_enabled());
      CHECK(!is_training());
    }
    CHECK(!grad_enabled());
    CHECK(is_training());
  }
  CHECK(grad_enabled());
}

TEST_CASE("an exception leaves the modes as they were") {
  const auto fail = [] {
    const EvalMode guard;
    throw std::runtime_error("enough");
  };
  CHECK_THROWS(fail());
  CHECK(grad_enabled());
  CHECK(is_training());
}

TEST_CASE("modes hold on their own thread only") {
  const EvalMode guard;
  bool grad = false, training = false;
  std::thread([&] { grad = grad_enabled(), training = is_training(); }).join();
  CHECK(grad);
  CHECK(training);
}

TEST_CASE("nothing is recorded under NoGrad, and backward may run under it") {
  Tensor x = ones({2}).requires_grad_();
  const Tensor y = sum(x * 3);
  const NoGrad guard;
  CHECK((x * x).node() == nullptr);
  CHECK(!(x * x).requires_grad());
  y.backward();
  CHECK(x.grad().to_vector() == std::vector<real>{3, 3});
}

TEST_CASE("dropout lets everything through in evaluation") {
  const Tensor x = ones({100});
  manual_seed(1);
  CHECK(bit_difference(dropout(x, real(0.5)), x) != "");
  const EvalMode guard;
  CHECK(bit_difference(dropout(x, real(0.5)), x) == "");
}

TEST_CASE("dropout keeps with probability 1 - p, scales by 1 / (1 - p), and backward drops alike") {
  manual_seed(3);
  Tensor x = ones({100000}).requires_grad_();
  const Tensor y = dropout(x, real(0.25));
  sum(y).backward();
  CHECK(bit_difference(x.grad(), y.detach()) == "");
  CHECK(mean(y.detach()).item() == doctest::Approx(1).epsilon(0.01));
  int64_t kept = 0;
  for (const real value : y.to_vector()) kept += value != 0;
  CHECK(kept == doctest::Approx(75000).epsilon(0.01));
}

TEST_CASE("dropout refuses probabilities outside [0, 1)") {
  for (const real p : {real(-0.1), real(1), std::numeric_limits<real>::quiet_NaN()}) {
    CHECK_THROWS_AS(dropout(ones({2}), p), ValueError);
  }
}
