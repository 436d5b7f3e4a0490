#pragma once
// From cells to conclusions: what the seeds of an arm say together.

#include <initializer_list>

#include "train/experiments/experiment.h"

namespace gradus {

/// Seeds of every arm: a single one in quick experiments.
int64_t seeds_of(const ExperimentOptions& options);
/// The name of a cell: "rope/seed 2".
std::string arm_cell(const std::string& arm, int64_t seed);

/// What an arm came to, seed by seed; infinite for a loss that it does not have since it diverged.
std::vector<double> by_seed(const Cells& cells, const std::string& arm, const std::string& what,
                            const ExperimentOptions& options);
/// a - b, seed by seed.
std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b);

struct Figure {
  double mean = 0, spread = 0;  // the standard deviation; 0 for a single seed
  double error = 0;             // half the width of the mean's 95 % interval (Student's t)
};
Figure figure_of(const std::vector<double>& values);
/// "0.534 ± 0.012", or "diverged".
std::string to_text(const Figure& figure, int digits);

/// Whether values are above `limit`: holds or does not hold where their 95 % interval lies on one
/// side of it or all are infinite, and is inconclusive otherwise or for fewer than three seeds.
Outcome are_above(const std::vector<double>& values, double limit = 0);
Outcome are_below(const std::vector<double>& values, double limit);
/// holds if all do; does_not_hold if one does not.
Outcome all_of(std::initializer_list<Outcome> outcomes);

/// Another column of a table whose first one names the arms.
void add_column(std::vector<std::vector<std::string>>& table, const char* title, const Cells& cells,
                const char* what, int digits, const ExperimentOptions& options);
/// A row of a chart with a dot for each seed; seeds without this figure have none.
ValueRow row_of(const Cells& cells, const std::string& arm, const std::string& what,
                const ExperimentOptions& options);

}  // namespace gradus
