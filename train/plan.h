#pragma once
// What a run will cost and bring, found out before it begins.

#include <span>
#include <string>
#include <vector>

#include "train/training_corpus.h"

namespace gradus {

/// Measured on a model that is thrown away.
struct Trial {
  int64_t parameters = 0;
  int64_t tokens_per_step = 0;
  double seconds_per_step = 0;
  double state_bytes = 0;  // weights, gradients and the optimizer's two moments
  double peak_bytes = 0;   // resident memory of the whole program
  double tokens = 0;       // that were learned from
  double loss = 0;         // after that, nats per token
};

/// Takes real steps, at least ten, for about so many seconds.
Trial try_out(const TrainingOptions& options, const TrainingCorpus& corpus, double seconds);

/// What `--dry-run` prints.
std::string to_text(const TrainingOptions& options, const Trial& trial);

/// Throws MemoryError if weights, gradients and moments of such a model exceed the machine's.
void check_memory(const GPTConfig& config);

/// A run that fits a time.
struct Plan {
  TrainingOptions options;
  Trial trial;
  double expected_loss = 0;  // on the validation split at the end, nats per token
};

/// Shapes from small to large, with batch sizes and learning rates that suit them.
std::vector<TrainingOptions> ladder();

/// Measures the machine, chooses the candidate that suits the time and the corpus, and sets its
/// steps. Candidates stand in the order of their size. Takes about a twentieth of `seconds` itself,
/// and leaves so much less for the run.
Plan plan_for(double seconds, std::span<const TrainingOptions> candidates,
              const TrainingCorpus& corpus);

/// The plan in a sentence.
std::string to_text(const Plan& plan);

}  // namespace gradus
