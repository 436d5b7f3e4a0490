#pragma once
// Runs experiments and keeps what they found: DIR/NAME.json with every cell, DIR/NAME.svg and
// DIR/NAME.html to look at.

#include <chrono>
#include <filesystem>
#include <optional>

#include "train/experiments/experiment.h"

namespace gradus {

struct ExperimentRequest {
  std::filesystem::path results;
  ExperimentOptions options = {};
  std::optional<std::chrono::steady_clock::time_point> end = {};  // begins no cell after it
  bool quiet = false;
};

/// Measures the cells that the results file lacks, writing it after each, and then the finding.
/// Returns the results, which have no "outcome" if a signal or the end of the time came first.
/// Throws FileError for a results file of another recipe or machine.
nlohmann::ordered_json run_experiment(const Experiment& experiment,
                                      const ExperimentRequest& request);

/// What was found last: null where nothing was. Throws FileError for a file that is none of ours.
nlohmann::ordered_json last_result(const Experiment& experiment, const ExperimentRequest& request);

/// What was found in all experiments, as Markdown: a row for each claim, then the tables and
/// charts.
std::string ledger(const ExperimentRequest& request);
/// Puts the ledger into a file, between the lines `<!-- ledger -->` and `<!-- /ledger -->`. Throws
/// FileError for a file without them.
void write_ledger(const ExperimentRequest& request, const std::filesystem::path& file);

/// The finding as a table and sentences for the terminal.
std::string finding_text(const Experiment& experiment, const nlohmann::ordered_json& results);

}  // namespace gradus
