#pragma once
// Trainer: the training loop, with everything around a step that a run needs: schedule, progress,
// validation, samples, checkpoints, a clock to keep to.

#include <chrono>
#include <optional>

#include "train/learner.h"
#include "train/progress.h"
#include "train/run_folder.h"

namespace gradus {

class Trainer {
 public:
  Trainer(const TrainingOptions& options, TrainingCorpus corpus, RunFolder& folder);

  /// Goes on from the newest checkpoint. Throws FileError if text or tokenizer are not those that
  /// the run began with.
  void restore();
  /// Begins with these weights instead of random ones.
  void start_from(const GPT& model) { copy_weights(model, learner_.model); }

  using Clock = std::chrono::steady_clock;
  /// From now on the number of steps follows the clock: with what the steps so far have taken, the
  /// last validation ends at `end`, and the schedule with it.
  void keep_to(Clock::time_point end) { end_ = end; }

  /// Trains to the last step, or for `most` steps if that is not 0, or until a signal; saves.
  void train(int64_t most, bool quiet);

 private:
  void report(Progress& progress, const Learner::Step& step);
  void follow_clock(Progress& progress);
  double validate();
  double last_seconds() const;
  std::string sample() const;
  void save();
  void save_settings() const;
  bool due(int64_t interval) const;

  const TrainingOptions planned_;
  TrainingOptions o;  // planned_, or what the clock has made of it
  TrainingCorpus corpus_;
  RunFolder& folder_;
  Learner learner_;
  TrainerState state_;
  int64_t first_ = 0;  // the step that this session began with
  std::optional<Clock::time_point> end_;
  double seconds_per_val_token_ = 0;  // of the validation before
  std::string last_sample_;
};

}  // namespace gradus
