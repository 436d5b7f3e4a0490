#pragma once
// Pre-training a GPT on next-token prediction.

#include <string>
#include <vector>

#include "train/training_options.h"

namespace gradus {

struct PretrainRequest {
  std::string folder;   // the run folder
  bool resume = false;  // go on with the run in it; otherwise begin one with `options`, of which
                        // a resumed run takes only `data`, and that only if its text has moved
  TrainingOptions options;
  double minutes = 0;  // end by then, whatever options.steps says; 0 for no limit
  /// What a run with a limit may choose from instead of `options`, from small to large (plan.h).
  std::vector<TrainingOptions> ladder = {};
  bool dry_run = false;    // say what the run would cost, and do not begin it
  int64_t stop_after = 0;  // save and stop after so many steps of this session; 0 goes to the end
  bool quiet = false;
};

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// Throws FileError and ValueError for a text, a folder or settings that do not serve.
void pretrain_gpt(const PretrainRequest& request);

}  // namespace gradus
