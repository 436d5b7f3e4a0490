#pragma once
// The experiments, a file each.

#include "train/experiments/experiment.h"

namespace gradus {

std::vector<Cell> positions_cells(const ExperimentOptions& options);
Finding positions_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> rope_relative_cells(const ExperimentOptions& options);
Finding rope_relative_finding(const Cells& cells, const ExperimentOptions& options);

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

std::vector<Cell> roberta_cells(const ExperimentOptions& options);
Finding roberta_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> families_cells(const ExperimentOptions& options);
Finding families_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> pretraining_pays_cells(const ExperimentOptions& options);
Finding pretraining_pays_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> distillation_cells(const ExperimentOptions& options);
Finding distillation_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> sampling_cells(const ExperimentOptions& options);
Finding sampling_finding(const Cells& cells, const ExperimentOptions& options);

std::vector<Cell> params_cells(const ExperimentOptions& options);
Finding params_finding(const Cells& cells, const ExperimentOptions& options);
Finding params_norms_finding(const Cells& cells, const ExperimentOptions& options);

}  // namespace gradus
