// Experiments as a user runs them: what they keep, how they go on, what they conclude.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support.h"
#include "tests/train/program.h"
#include "train/experiments/runner.h"
#include "train/experiments/small_gpt.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

int measured = 0;

std::vector<Cell> two_cells(const ExperimentOptions&) {
  const auto one = [] { return ordered_json{{"x", ++measured}}; };
  return {{"a", one}, {"b", one}};
}

Finding larger(const Cells& cells, const ExperimentOptions&) {
  const bool holds = cells["b"]["x"] > cells["a"]["x"];
  return {.outcome = holds ? Outcome::holds : Outcome::does_not_hold,
          .sentence = "b is larger",
          .table = {{"cell", "x"}, {"a", "1"}, {"b", "2"}}};
}

const Experiment counting{"counting", "b comes after a", "nobody", two_cells, larger};

}  // namespace

TEST_CASE("an experiment keeps its cells, its finding and a page, and measures nothing twice") {
  const TemporaryFolder folder;
  ExperimentRequest request{.results = folder.path() / "results", .quiet = true};
  measured = 0;
  const ordered_json first = run_experiment(counting, request);
  CHECK(measured == 2);
  CHECK(first["outcome"] == "holds");
  CHECK(nlohmann::json(last_result(counting, request)) == nlohmann::json(first));
  CHECK(contains(slurp(request.results / "counting.html"), "b comes after a"));
  CHECK(nlohmann::json(run_experiment(counting, request)) == nlohmann::json(first));
  CHECK(measured == 2);
  CHECK(contains(finding_text(counting, first), "Verdict: holds. b is larger"));
}

TEST_CASE("an experiment that is out of time begins no cell, and goes on where it stopped") {
  const TemporaryFolder folder;
  ExperimentRequest request{.results = folder.path(), .quiet = true};
  request.end = std::chrono::steady_clock::now();
  measured = 0;
  CHECK_FALSE(run_experiment(counting, request).contains("outcome"));
  CHECK(measured == 0);
  folder.file("counting.json", R"({"experiment": "counting", "cells": {"a": {"x": 7}}})");
  request.end = {};
  const ordered_json result = run_experiment(counting, request);
  CHECK(measured == 1);
  CHECK(result["cells"]["a"]["x"] == 7);
  CHECK(result["outcome"] == "does not hold");
}

TEST_CASE("a results file that is none of ours is refused by its name") {
  const TemporaryFolder folder;
  const ExperimentRequest request{.results = folder.path(), .quiet = true};
  for (const char* text : {"[]", "{}", R"({"experiment": "other", "cells": {}})",
                           R"({"experiment": "counting", "cells": 3})"}) {
    CAPTURE(text);
    folder.file("counting.json", text);
    CHECK(contains(message_of<FileError>([&] { run_experiment(counting, request); }),
                   "counting.json: not the results of experiment counting"));
  }
}

TEST_CASE("a difference is told from nothing by twice its standard error, and never by one run") {
  const ExperimentOptions four{.seeds = 4};
  CHECK(is_above_zero({1, 0.9}, four) == Outcome::holds);
  CHECK(is_above_zero({1, 1.1}, four) == Outcome::inconclusive);
  CHECK(is_above_zero({-1, 0.9}, four) == Outcome::does_not_hold);
  CHECK(is_above_zero({1, 0}, {.seeds = 1}) == Outcome::inconclusive);
}

TEST_CASE("figures of arms: mean and standard deviation over seeds, differences seed by seed") {
  const ExperimentOptions three{.seeds = 3};
  ordered_json cells;
  for (int64_t seed = 0; seed < 3; ++seed) {
    cells[arm_cell("a", seed)] = {{"loss", 1.0 + static_cast<double>(seed)}};
    cells[arm_cell("b", seed)] = {{"loss", 0.5 + static_cast<double>(seed)}};
  }
  const Figure a = figure_of(cells, "a", "loss", three);
  CHECK(a.mean == 2);
  CHECK(a.spread == 1);
  const Figure difference = difference_of(cells, "a", "b", "loss", three);
  CHECK(difference.mean == 0.5);
  CHECK(difference.spread == 0);
}

TEST_CASE("a small GPT learns, and is the same for the same seed") {
  GPTConfig shape = small_shape();
  shape.n_layer = 1;
  shape.n_embd = 32;
  const SmallRun run{
      .model = shape, .sequence = 16, .batch_size = 4, .steps = 20, .warmup_steps = 5};
  const SmallResult one = train_small(run, 3), again = train_small(run, 3),
                    other = train_small(run, 4);
  const auto weights = [](const SmallResult& r) { return r.model.wte.weight->to_vector(); };
  CHECK(weights(one) == weights(again));
  CHECK(weights(one) != weights(other));
  const ExperimentOptions quick{.quick = true};
  manual_seed(3);
  CHECK(held_out_loss(one.model, 16, quick) < held_out_loss(GPT(shape), 16, quick) - 0.2);
}

TEST_CASE("gradus experiment: the list has every claim; window --quick holds") {
  const TemporaryFolder folder;
  const std::string results = (folder.path() / "results").string();
  const RunResult list = run({"experiment", "list", "--results", results});
  CHECK(list.code == 0);
  for (const Experiment& e : experiments()) {
    CAPTURE(e.name);
    CHECK(contains(list.out, std::string(e.name) + ": " + e.claim));
  }
  const RunResult window = run({"experiment", "window", "--quick", "--results", results, "--json"});
  CAPTURE(window.err);
  REQUIRE(window.code == 0);
  const ordered_json found = ordered_json::parse(window.out);
  CHECK(found["cells"]["field/3 layers/window 4"]["places"] == 9);
  const double mb = found["cells"]["window/4096"]["mb"].get<double>();
  CHECK(mb < 2.2 * found["cells"]["window/2048"]["mb"].get<double>());
  CHECK(mb < 30);  // a matrix of scores would be 268 MB
  CHECK(fs::exists(fs::path(results) / "window.quick.html"));
}
