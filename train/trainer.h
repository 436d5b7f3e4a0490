#pragma once
// Trainer: the training loop, with everything around a step that a run needs: schedule, progress,
// validation, samples, checkpoints, a clock to keep to.

#include <chrono>
#include <optional>

#include "train/learner.h"
#include "train/progress.h"
#include "train/run_folder.h"

namespace gradus {

/// What a run must find unchanged when it is resumed.
struct RunDigests {
  uint64_t data = 0, tokenizer = 0;
};

class Trainer {
 public:
  /// Objective and folder must outlive the trainer.
  Trainer(const RunOptions& options, const RunDigests& digests, Objective& objective,
          RunFolder& folder);

  /// Goes on from the newest checkpoint; false where there is none yet, and the run begins. Throws
  /// FileError if text or tokenizer are not those that the run began with.
  bool restore();
  using Clock = std::chrono::steady_clock;
  /// From now on the number of steps follows the clock: with what the steps so far have taken, the
  /// last validation ends at `end`, if there is one, and the schedule with it.
  void keep_to(std::optional<Clock::time_point> end) { end_ = end; }

  /// Trains to the last step, or for `most` steps if that is not 0, or until a signal; saves.
  void train(int64_t most, bool quiet);

 private:
  void report(Progress& progress, const Learner::Step& step);
  void follow_clock(Progress& progress);
  Objective::Losses validate();
  double last_seconds() const;
  void save();
  void save_settings() const;
  bool due(int64_t interval) const;

  const RunOptions planned_;
  RunOptions o;  // planned_, or what the clock has made of it
  Objective& objective_;
  RunFolder& folder_;
  Learner learner_;
  TrainerState state_;
  int64_t first_ = 0;  // the step that this session began with
  std::optional<Clock::time_point> end_;
  double seconds_per_val_batch_ = 0;  // of the validation before
  std::string last_sample_;
};

}  // namespace gradus
