// The stepper: gradients that agree with finite differences, at every value on the way.

#include "train/stepper.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "autograd/sample.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("stepper: the neuron, computed by hand") {
  const std::vector<WalkStep> steps = walk(walkable("neuron"));
  REQUIRE(steps.size() == 9);  // x, w, b; mul, sum, add, tanh, sub, pow
  const double y = std::tanh(0.25), dy = 2 * (y - 1);
  CHECK(steps[6].op == "tanh");
  CHECK(steps[6].values[0] == doctest::Approx(y));
  CHECK(steps[6].gradient[0] == doctest::Approx(dy));
  CHECK(steps[5].gradient[0] == doctest::Approx(dy * (1 - y * y)));
  CHECK(steps[1].name == "w");
  CHECK(steps[1].gradient[0] == doctest::Approx(dy * (1 - y * y) * 2));
  CHECK(steps[1].gradient[1] == doctest::Approx(dy * (1 - y * y) * -1));
  CHECK(steps[7].inputs == std::vector<size_t>{6, WalkStep::constant});  // y - target
}

TEST_CASE("stepper: every gradient of every subject agrees with its finite difference") {
  for (const std::string& name : walkable_names()) {
    const Walkable subject = walkable(name);
    const std::vector<WalkStep> steps = walk(subject);
    CHECK(steps.back().shape == Shape{});
    CHECK(steps.back().gradient == std::vector<real>{1});
    for (const WalkStep& step : steps) {
      CAPTURE(name);
      CAPTURE(step.name);
      CAPTURE(step.op);
      CHECK(step.values.size() == static_cast<size_t>(step.shape.numel()));
      CHECK(step.gradient.size() == step.values.size());
      CHECK(disagreement(step) < (sizeof(real) == 8 ? 1e-6 : 2e-2));
      if (!step.op.empty()) CHECK_FALSE(formula_of(step.op).backward.empty());
      for (const size_t i : step.inputs) CHECK((i < steps.size() || i == WalkStep::constant));
    }
  }
}

TEST_CASE("stepper: the difference does not come from the gradient") {
  Walkable wrong = walkable("neuron");
  const auto right = wrong.forward;
  wrong.forward = [=] {
    Tensor y = right();
    if (y.requires_grad()) y.register_hook([](const Tensor& dy) { return dy * real(1.5); });
    return y;
  };
  const std::vector<WalkStep> steps = walk(wrong);
  CHECK(disagreement(steps[1]) > 0.1);
}

TEST_CASE("stepper: what is missing or not finite disagrees") {
  WalkStep step{.name = "x", .shape = {2}, .values = {1, 2}, .gradient = {}, .differences = {0, 0}};
  CHECK(disagreement(step) == 0);
  step.differences = {0, real(0.5)};
  CHECK(disagreement(step) == 1);
  step.gradient = {0, std::numeric_limits<real>::quiet_NaN()};
  CHECK(std::isinf(disagreement(step)));
}

TEST_CASE("stepper: the attention's masked scores get no gradient, and walking changes no leaf") {
  const Walkable subject = walkable("attention");
  const std::vector<real> before = subject.leaves[0].tensor.to_vector();
  const std::vector<WalkStep> steps = walk(subject);
  CHECK(subject.leaves[0].tensor.to_vector() == before);
  CHECK_FALSE(subject.leaves[0].tensor.grad().defined());
  for (const WalkStep& step : steps) {
    if (step.op != "affine") continue;  // the scores
    for (const unsigned later : {1u, 2u, 5u}) CHECK(step.gradient[later] == 0);
  }
}

TEST_CASE("explain: as text and as one page without network") {
  const RunResult text = run({"explain", "classifier"});
  CAPTURE(text.err);
  CHECK(text.code == 0);
  CHECK(contains(text.out, "#1 = linear(x, W, b), shape (2, 3)"));
  CHECK(contains(text.out, "dx = dy (softmax(x) - onehot) / number of targets"));

  const TemporaryFolder folder;
  const std::string file = (folder.path() / "page.html").string();
  for (const std::string& name : walkable_names()) {
    REQUIRE(run({"explain", name, "--html", file}).code == 0);
    const std::string page = slurp(file);
    const size_t values = walk(walkable(name)).size();
    CHECK(occurrences(page, "<div class=\"step\"") == values);
    CHECK(occurrences(page, "<a href=\"#s") == values);
    CHECK_FALSE(contains(page, "http"));
    CHECK_FALSE(contains(page, "nan"));
  }
  check_refused(run({"explain", "everything"}), 2, "everything");
}

TEST_CASE("audit: the program says that all is well, or exits with 1 and says what is not") {
  Workplace w;
  REQUIRE(run(w.pretrain()).code == 0);
  const RunResult sound = run({"audit", "--model", w.out});
  CAPTURE(sound.err);
  CHECK(sound.code == 0);
  CHECK(contains(sound.out, "0 of "));
  CHECK(contains(sound.out, "the mask is tight"));
  const auto report = nlohmann::json::parse(run({"audit", "--model", w.out, "--json"}).out);
  CHECK(report.at("leak").is_null());
  for (const auto& p : report.at("parameters")) CHECK(p.at("gradient") == "sound");
  check_refused(run({"audit", "--model", w.text}), 1, "config.json");
}
