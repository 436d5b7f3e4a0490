#pragma once
// The experiments, a file each.

#include "train/experiments/experiment.h"

namespace gradus {

std::vector<Cell> window_cells(const ExperimentOptions& options);
Finding window_finding(const Cells& cells, const ExperimentOptions& options);

}  // namespace gradus
