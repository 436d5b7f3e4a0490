// Experiments as a user runs them: what they keep, how they go on, what they conclude.

#include <doctest/doctest.h>

#include <algorithm>
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

const Experiment& experiments_by_name(const std::string& name) {
  return *std::find_if(experiments().begin(), experiments().end(),
                       [&](const Experiment& e) { return e.name == name; });
}

const Experiment counting{"counting", "b comes after a", "nobody", 1, two_cells, larger};

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
  request.end = {};
  ordered_json stored = run_experiment(counting, request);
  stored["cells"] = {{"a", {{"x", 7}}}, {"another seed", {{"x", 8}}}};
  folder.file("counting.json", stored.dump());
  measured = 0;
  const ordered_json result = run_experiment(counting, request);
  CHECK(measured == 1);
  CHECK(result["cells"]["a"]["x"] == 7);
  CHECK(result["cells"]["another seed"]["x"] == 8);  // not asked for this time, and kept
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

TEST_CASE("results of another recipe or machine are not mixed with new ones") {
  const TemporaryFolder folder;
  const ExperimentRequest request{.results = folder.path(), .quiet = true};
  const ordered_json stored = run_experiment(counting, request);
  Experiment changed = counting;
  changed.recipe = 2;
  CHECK(contains(message_of<FileError>([&] { run_experiment(changed, request); }),
                 "measured by another recipe"));
  ordered_json elsewhere = stored;
  elsewhere["machine"] = "an abacus";
  folder.file("counting.json", elsewhere.dump());
  CHECK(contains(message_of<FileError>([&] { run_experiment(counting, request); }),
                 "measured on another machine (an abacus"));
  ordered_json broken = stored;
  broken["cells"]["b"] = ordered_json::object();
  folder.file("counting.json", broken.dump());
  Experiment strict = counting;
  strict.conclude = [](const Cells& cells, const ExperimentOptions&) {
    return Finding{.sentence = fmt::format("{}", cells.at("b").at("x").get<int>())};
  };
  CHECK(contains(message_of<FileError>([&] { run_experiment(strict, request); }),
                 "a cell lacks a figure"));
}

TEST_CASE("the ledger has a row for every claim, and table and chart of what was measured") {
  const TemporaryFolder folder;
  const ExperimentRequest request{.results = folder.path(), .quiet = true};
  const Experiment& counted = experiments_by_name("params-norms");
  run_experiment(counted, request);
  const std::string text = ledger(request);
  CHECK(occurrences(text, "not measured yet") == experiments().size() - 1);
  CHECK(contains(text, "| LayerNorm is less than 0.01 % of GPT-2's parameters |"));
  CHECK(contains(text, "| **does not hold** |"));
  CHECK(contains(text, "[`gradus experiment params-norms`](#params-norms)"));
  CHECK(contains(text, "![params-norms](results/params-norms.svg)"));
  CHECK(contains(text, "| gpt2 | 19200 | 19200 | 0.0309 |"));
  CHECK(fs::exists(folder.path() / "params-norms.svg"));
}

TEST_CASE("the ledger goes between its marks, and nowhere else") {
  const TemporaryFolder folder;
  const ExperimentRequest request{.results = folder.path() / "none", .quiet = true};
  const std::string marks = "before\n<!-- ledger -->\nold\n<!-- /ledger -->\nafter\n";
  const fs::path file = folder.file("results.md", marks);
  write_ledger(request, file);
  const std::string text = slurp(file);
  CHECK(text.starts_with("before\n<!-- ledger -->\n| claim |"));
  CHECK(text.ends_with("\n<!-- /ledger -->\nafter\n"));
  CHECK_FALSE(contains(text, "old"));
  const fs::path without = folder.file("other.md", "nothing\n");
  CHECK(contains(message_of<FileError>([&] { write_ledger(request, without); }),
                 "there are no lines <!-- ledger -->"));
  CHECK(slurp(without) == "nothing\n");
}

TEST_CASE("docs/results.md holds what the results files say, and nothing else") {
  const fs::path docs = fs::path(GRADUS_SOURCE_DIR) / "docs";
  const ExperimentRequest request{.results = docs / "results", .quiet = true};
  CHECK(contains(slurp(docs / "results.md"), ledger(request)));
}

TEST_CASE("values are above a limit if their 95 % interval is, and one run is no evidence") {
  const std::vector<double> near_one{0.9, 1.0, 1.1};  // ± 4.30 · 0.1 / √3 = 0.248
  CHECK(are_above(near_one, 0.74) == Outcome::holds);
  CHECK(are_above(near_one, 0.76) == Outcome::inconclusive);
  CHECK(are_above(near_one, 1.24) == Outcome::inconclusive);
  CHECK(are_above(near_one, 1.26) == Outcome::does_not_hold);
  CHECK(are_below(near_one, 1.26) == Outcome::holds);
  CHECK(are_below(near_one, 0.74) == Outcome::does_not_hold);
  CHECK(are_above({1}, 0) == Outcome::inconclusive);
  CHECK(are_above({5, 6}, 0) == Outcome::inconclusive);
  const double diverged = std::numeric_limits<double>::infinity();
  CHECK(are_above({0.1, diverged, 0.2}) == Outcome::inconclusive);
  CHECK(are_above({diverged, diverged, diverged}) == Outcome::holds);
  CHECK(are_below({diverged, diverged, diverged}, 0) == Outcome::does_not_hold);
  CHECK(are_above(minus({diverged, 1, 1}, {diverged, 1, 1})) == Outcome::inconclusive);
  using enum Outcome;
  CHECK(all_of({holds, holds}) == holds);
  CHECK(all_of({holds, inconclusive}) == inconclusive);
  CHECK(all_of({inconclusive, does_not_hold}) == does_not_hold);
}

TEST_CASE(
    "figures of arms: mean and standard deviation over seeds; a loss that is missing diverged") {
  const ExperimentOptions three{.seeds = 3};
  ordered_json cells;
  for (int64_t seed = 0; seed < 3; ++seed) {
    cells[arm_cell("a", seed)] = {{"loss", 1.0 + static_cast<double>(seed)}};
    cells[arm_cell("b", seed)] = {{"ms", 5}};
  }
  const Figure a = figure_of(by_seed(cells, "a", "loss", three));
  CHECK(a.mean == 2);
  CHECK(a.spread == 1);
  CHECK(to_text(a, 1) == "2.0 ± 1.0");
  CHECK(to_text(figure_of(by_seed(cells, "b", "loss", three)), 1) == "diverged");
  CHECK(figure_of(by_seed(cells, "a", "loss", {.quick = true})).mean == 1);  // a single seed
}

TEST_CASE("a small GPT learns, and is the same for the same seed") {
  GPTConfig shape = small_shape();
  shape.n_layer = 1;
  shape.n_embd = 32;
  const SmallRun run{
      .model = shape, .sequence = 16, .batch_size = 4, .how = {.steps = 20, .warmup_steps = 5}};
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
