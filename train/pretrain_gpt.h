#pragma once
// Pre-training a GPT on next-token prediction.

#include <vector>

#include "train/run_request.h"
#include "train/training_options.h"

namespace gradus {

struct PretrainRequest {
  RunRequest run;
  TrainingOptions options;
  /// What a run with a limit may choose from instead of `options`, from small to large (plan.h).
  std::vector<TrainingOptions> ladder = {};
};

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// Throws FileError and ValueError for a text, a folder or settings that do not serve.
void pretrain_gpt(const PretrainRequest& request);

}  // namespace gradus
