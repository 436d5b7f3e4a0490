#pragma once
// The experiments, a file each.

#include "train/experiments/experiment.h"

namespace gradus {

std::vector<Cell> positions_cells(const ExperimentOptions& options);
Finding positions_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> norm_placement_cells(const ExperimentOptions& options);
Finding norm_placement_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> norm_kind_cells(const ExperimentOptions& options);
Finding norm_kind_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> window_cells(const ExperimentOptions& options);
Finding window_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> kv_heads_cells(const ExperimentOptions& options);
Finding kv_heads_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> activation_cells(const ExperimentOptions& options);
Finding activation_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> tying_cells(const ExperimentOptions& options);
Finding tying_finding(const Cells& cells, const ExperimentOptions& options);

}  // namespace gradus
