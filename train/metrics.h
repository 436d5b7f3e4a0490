#pragma once
// metrics.jsonl: one line per step of a run.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// Named numbers, such as {"nsp_accuracy", 0.93}.
using Measures = std::vector<std::pair<std::string, double>>;
/// The number of that name, if it is there.
std::optional<double> find_measure(const Measures& measures, const std::string& name);

struct StepMetrics {
  int64_t step = 0;  // steps done, this one included
  double loss = 0;   // nats per token, mean of the step's batch
  double lr = 0;
  double grad_norm = 0;  // before clipping
  double tokens_per_second = 0;
  std::optional<double> val_loss = {};  // nats per token, where there was an evaluation
  Measures measures = {};  // what else the model's kind measures, "val_..." if held out
};

std::string to_json_line(const StepMetrics& metrics);
/// Lines that are no metrics (one torn by a crash) are left out. Throws FileError if the file
/// cannot be read.
std::vector<StepMetrics> read_metrics(const std::filesystem::path& file);

}  // namespace gradus
