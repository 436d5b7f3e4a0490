#pragma once
// Pre-training a GPT on next-token prediction.

#include <optional>
#include <string>

#include "train/training_options.h"

namespace gradus {

struct PretrainRequest {
  std::string folder;   // the run folder
  bool resume = false;  // go on with the run in it; otherwise begin one with `options`, of which
                        // a resumed run takes only `data`, and that only if its text has moved
  TrainingOptions options;
  int64_t stop_after = 0;  // save and stop after so many steps of this session; 0 goes to the end
  bool quiet = false;
};

/// Trains until the last step, `stop_after` or a signal; saves in any case. Throws FileError and
/// ValueError for a text, a folder or settings that do not serve.
void pretrain_gpt(const PretrainRequest& request);

}  // namespace gradus
