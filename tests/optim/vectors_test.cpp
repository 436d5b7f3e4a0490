// AdamW and the cosine schedule against recorded runs of others. The vectors lie outside the
// repository; the tests skip where they are absent.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "autograd/ops.h"
#include "data/json.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tests/data/support.h"

using namespace gradus;

// Stanford CS336, test_adamw: a linear map of three numbers to two learns y = (x0 + x1, -x2), one
// step of AdamW per recorded x. The tolerance is the recorded one.
TEST_CASE("AdamW: 1000 steps end where the recorded run of CS336 ended") {
  const auto path = testing::shared_path("conformance/optim/cs336_adamw_case.json");
  if (!path) return;
  const nlohmann::json vector = read_json(*path);
  const std::vector<real> initial = vector.at("initial_weight");
  const std::vector<real> expected = vector.at("expected_weight");
  Tensor weight = from_data({2, 3}, initial).requires_grad_();
  AdamW optimizer({{"weight", weight}}, {.lr = vector.at("lr"),
                                         .beta1 = vector.at("betas").at(0),
                                         .beta2 = vector.at("betas").at(1),
                                         .eps = vector.at("eps"),
                                         .weight_decay = vector.at("weight_decay")});
  for (const nlohmann::json& recorded : vector.at("xs")) {
    const std::vector<real> x = recorded;
    const Tensor target = from_data({2}, {x[0] + x[1], -x[2]});
    const Tensor error = linear(from_data({3}, x), weight) - target;
    sum(error * error).backward();
    optimizer.step();
    optimizer.zero_grad();
  }
  const std::vector<real> learnt = weight.to_vector();
  const double tolerance = vector.at("atol");
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::abs(learnt[i] - expected[i]) <= tolerance);
  }
}

TEST_CASE("warmup_cosine: the 25 rates that CS336 recorded") {
  const auto path = testing::shared_path("conformance/optim/cs336_cosine_schedule_case.json");
  if (!path) return;
  const nlohmann::json vector = read_json(*path);
  const Schedule schedule{.decay = Decay::cosine,
                          .lr = vector.at("max_lr"),
                          .min_lr = vector.at("min_lr"),
                          .warmup_steps = vector.at("warmup_iters"),
                          .decay_steps = vector.at("cosine_cycle_iters")};
  const std::vector<double> expected = vector.at("expected_lr_for_it_0_to_24");
  CHECK(expected.size() == 25);
  for (size_t step = 0; step < expected.size(); ++step) {
    const double lr = warmup_cosine(static_cast<int64_t>(step), schedule);
    CHECK(lr == doctest::Approx(expected[step]).epsilon(1e-6));
  }
}
