#pragma once
// Experiment: a claim, and the measurements that would bear it out or not. Each measurement is a
// cell with a name; cells that a results file holds are not measured again, so that an experiment
// goes on where it stopped.

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/chart.h"

namespace gradus {

struct ExperimentOptions {
  bool quick = false;  // fewer and smaller cells, meant for less than a minute
  int64_t seeds = 3;
};

/// One measurement: "rope/1024/seed 2". Its figures are a JSON object.
struct Cell {
  std::string name;
  std::function<nlohmann::ordered_json()> measure;
};

/// What was measured, by the names of cells.
using Cells = nlohmann::ordered_json;

enum class Outcome { holds, does_not_hold, inconclusive };

struct Finding {
  Outcome outcome = Outcome::inconclusive;
  std::string sentence = {};                         // with the figures that decide
  std::vector<std::vector<std::string>> table = {};  // the first row its head
  std::vector<std::string> charts = {};              // SVG
};

struct Experiment {
  const char* name;
  const char* claim;
  const char* source;  // the paper
  int recipe;          // counts its versions: cells of another are not mixed with these
  std::vector<Cell> (*cells)(const ExperimentOptions& options);
  /// From the cells that are there; all of them, unless a signal or a budget ended it.
  Finding (*conclude)(const Cells& cells, const ExperimentOptions& options);
};

/// All experiments, in the order of the lecture.
const std::vector<Experiment>& experiments();

/// "holds", "does not hold", "inconclusive".
std::string to_text(Outcome outcome);

}  // namespace gradus
