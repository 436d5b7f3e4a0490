#pragma once
// Learner: an objective and its optimizer, one step at a time. When to step, to validate and to
// save is the Trainer's business.

#include "optim/optimizer.h"
#include "train/objective.h"
#include "train/training_options.h"

namespace gradus {

class Learner {
 public:
  /// The objective must outlive the learner.
  Learner(const RunOptions& options, Objective& objective);

  struct Step : Objective::Losses {
    double grad_norm = 0;  // before clipping
  };
  /// One step at this learning rate: forward and backward over all micro-batches, clipping,
  /// update. Throws ValueError, which names `step`, before the weights are touched if loss or norm
  /// is not finite.
  Step step(int64_t step, real lr);
  /// Tokens that a step reads.
  int64_t tokens_per_step() const { return accumulation_ * objective_.tokens_per_batch(); }

  AdamW optimizer;

 private:
  Objective& objective_;
  Precision precision_;
  int64_t accumulation_;
  double largest_norm_;
};

}  // namespace gradus
