// What experiments conclude from figures that are made up: each claim can hold and can fail.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "train/experiments/figures.h"
#include "train/experiments/runner.h"

using namespace gradus;
using nlohmann::ordered_json;

namespace {

using Figures = std::map<std::string, double>;             // by name
using ArmFigures = std::map<std::string, Figures>;         // by arm
constexpr double seed_noise[] = {-0.001, 0.0005, 0.0005};  // of three seeds

const Experiment& experiment(const std::string& name) {
  const auto found = std::find_if(experiments().begin(), experiments().end(),
                                  [&](const Experiment& e) { return e.name == name; });
  REQUIRE(found != experiments().end());
  return *found;
}

// Three seeds, the arms of which differ by noise in opposite directions.
Cells cells_of(const ArmFigures& arms) {
  Cells cells;
  double sign = 1;
  for (const auto& [arm, figures] : arms) {
    for (int64_t seed = 0; seed < 3; ++seed) {
      ordered_json& cell = cells[arm_cell(arm, seed)];
      for (const auto& [name, value] : figures) cell[name] = value * (1 + sign * seed_noise[seed]);
    }
    sign = -sign;
  }
  return cells;
}

Outcome concluded(const std::string& name, const ArmFigures& arms) {
  return experiment(name).conclude(cells_of(arms), {.seeds = 3}).outcome;
}

Figures small_figures(double loss, double ms = 10) {
  return {{"loss", loss}, {"ms", ms}, {"parameters", 1000}};
}

}  // namespace

TEST_CASE("tying holds if the tied head is not 0.02 nats worse") {
  CHECK(concluded("tying", {{"tied", small_figures(1)}, {"untied", small_figures(1.1)}}) ==
        Outcome::holds);
  CHECK(concluded("tying", {{"tied", small_figures(1.1)}, {"untied", small_figures(1)}}) ==
        Outcome::does_not_hold);
  CHECK(concluded("tying", {{"tied", small_figures(1.02)}, {"untied", small_figures(1)}}) ==
        Outcome::inconclusive);
}

TEST_CASE("norm-kind holds if RMSNorm is as good and takes less time") {
  const auto with_ms = [](double rms, double ms) {
    return concluded("norm-kind",
                     {{"layer", small_figures(1, 10)}, {"rms", small_figures(rms, ms)}});
  };
  CHECK(with_ms(1, 9) == Outcome::holds);
  CHECK(with_ms(1, 11) == Outcome::does_not_hold);
  CHECK(with_ms(1.2, 9) == Outcome::does_not_hold);
}

TEST_CASE("kv-heads holds if two of four lose little and one loses more than two") {
  const auto losses = [](double four, double two, double one) {
    ArmFigures arms{{"4 of 4", small_figures(four)},
                    {"2 of 4", small_figures(two)},
                    {"1 of 4", small_figures(one)}};
    for (auto& [arm, figures] : arms) {
      figures["cache_bytes"] = 100;
      figures["tokens_per_second"] = 1;
    }
    return concluded("kv-heads", arms);
  };
  CHECK(losses(1, 1, 1.1) == Outcome::holds);
  CHECK(losses(1, 1.1, 1.2) == Outcome::does_not_hold);
  CHECK(losses(1, 1, 0.9) == Outcome::does_not_hold);
}

TEST_CASE("norm-placement holds if post-norm loses more without warm-up, and is then worse") {
  const auto losses = [](double pre_warm, double pre, double post_warm, double post) {
    Cells cells = cells_of({{"pre, with warm-up", small_figures(pre_warm)},
                            {"pre, no warm-up", small_figures(pre)},
                            {"post, with warm-up", small_figures(post_warm)},
                            {"post, no warm-up", small_figures(post)}});
    for (const char* placement : {"pre, first gradients", "post, first gradients"}) {
      for (int64_t seed = 0; seed < 3; ++seed) {
        cells[arm_cell(placement, seed)] = {{"norms", {1.0, 2.0}}};
      }
    }
    return experiment("norm-placement").conclude(cells, {.seeds = 3}).outcome;
  };
  CHECK(losses(1, 1, 1, 2) == Outcome::holds);
  CHECK(losses(1, 1, 1, 1) != Outcome::holds);
  CHECK(losses(2, 2, 1, 1.5) == Outcome::does_not_hold);  // it needs warm-up, and is better still
}

TEST_CASE("positions holds if learned ones lose more than RoPE, and RoPE more than ALiBi") {
  const auto lost = [](double learned, double rope, double alibi) {
    ArmFigures arms;
    for (const char* name : {"none", "learned", "sinusoidal", "rope", "alibi", "relative"}) {
      for (const int64_t T : {64, 128, 256, 512}) arms[name][fmt::format("loss at {}", T)] = 1;
    }
    arms["learned"]["loss at 512"] = 1 + learned;
    arms["rope"]["loss at 512"] = 1 + rope;
    arms["alibi"]["loss at 512"] = 1 + alibi;
    return concluded("positions", arms);
  };
  CHECK(lost(0.5, 0.2, 0) == Outcome::holds);
  CHECK(lost(0.2, 0.5, 0) == Outcome::does_not_hold);
  CHECK(lost(0.5, 0.2, 0.4) == Outcome::does_not_hold);
}

TEST_CASE("families holds if each of two families is best at its own job") {
  const auto figures = [](double encoder, double decoder, double writes, double both_writes) {
    return concluded("families",
                     {{"encoder", {{"accuracy", encoder}}},
                      {"decoder", {{"accuracy", decoder}, {"exact_match", writes}}},
                      {"encoder-decoder", {{"accuracy", 50}, {"exact_match", both_writes}}}});
  };
  CHECK(figures(90, 80, 50, 70) == Outcome::holds);
  CHECK(figures(80, 90, 50, 70) == Outcome::does_not_hold);
  CHECK(figures(90, 80, 70, 50) == Outcome::does_not_hold);
}

TEST_CASE("pretraining-pays holds if 30 labels after pre-training beat 100 without") {
  const auto f1 = [](double pretrained, double scratch) {
    Figures figures;
    for (const int labels : {30, 100, 300, 1000}) {
      figures[fmt::format("pre-trained, {} labels", labels)] = pretrained;
      figures[fmt::format("from scratch, {} labels", labels)] = scratch;
    }
    return concluded("pretraining-pays", {{"small BERT", figures}});
  };
  CHECK(f1(80, 60) == Outcome::holds);
  CHECK(f1(60, 80) == Outcome::does_not_hold);
}

TEST_CASE("roberta holds if each of its changes finds more names") {
  const auto f1 = [](double bert, double dynamic, double both) {
    const auto with = [](double value) { return Figures{{"f1", value}}; };
    return concluded("roberta", {{"pairs, static masks", with(bert)},
                                 {"pairs, dynamic masks", with(dynamic)},
                                 {"no pairs, static masks", with(both)},
                                 {"no pairs, dynamic masks", with(both)}});
  };
  CHECK(f1(50, 60, 70) == Outcome::holds);
  CHECK(f1(60, 50, 70) == Outcome::does_not_hold);
  CHECK(f1(50, 70, 60) == Outcome::does_not_hold);
}

TEST_CASE(
    "distill holds if 97 % is kept at 1.6 times the speed, and a teacher who knows more helps") {
  const auto figures = [](double kept, double speed, double gained, double teacher = 72) {
    Cells cells = cells_of(
        {{"teacher and students", {{"kept", kept}, {"speed", speed}, {"gained", gained}}}});
    for (ordered_json& cell : cells) {
      for (const char* who : {"teacher", "student", "scratch"}) {
        cell[who] = {{"accuracy", 70}, {"parameters", 10}, {"layer_parameters", 5}};
      }
      cell["teacher"]["accuracy"] = teacher;
    }
    return experiment("distill").conclude(cells, {.seeds = 3}).outcome;
  };
  CHECK(figures(99, 1.9, 2) == Outcome::holds);
  CHECK(figures(90, 1.9, 2) == Outcome::does_not_hold);
  CHECK(figures(99, 1.2, 2) == Outcome::does_not_hold);
  CHECK(figures(99, 1.9, -2) == Outcome::does_not_hold);
  CHECK(figures(99, 1.9, 2, 70) != Outcome::holds);
}

TEST_CASE("sampling holds if variety grows and 1 is the best temperature") {
  const auto figures = [](double loss_at_one, double distinct_at_two) {
    Figures all;
    double distinct = 0.1;
    for (const double t : {0.5, 0.75, 1.0, 1.25, 1.5, 2.0}) {
      all[fmt::format("entropy at {}", t)] = t;
      all[fmt::format("loss at {}", t)] = t == 1 ? loss_at_one : 2;
      all[fmt::format("distinct pairs at {}", t)] = t == 2 ? distinct_at_two : (distinct += 0.1);
    }
    return concluded("sampling", {{"default", all}});
  };
  CHECK(figures(1, 0.9) == Outcome::holds);
  CHECK(figures(3, 0.9) == Outcome::does_not_hold);
  CHECK(figures(1, 0.1) == Outcome::does_not_hold);
}

TEST_CASE("an arm that diverged once of three times decides nothing") {
  Cells cells = cells_of({{"tied", small_figures(1)}, {"untied", small_figures(1.1)}});
  cells[arm_cell("untied", 1)].erase("loss");
  CHECK(experiment("tying").conclude(cells, {.seeds = 3}).outcome == Outcome::inconclusive);
}
