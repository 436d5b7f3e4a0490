#pragma once
// A GPT that suits a time: what to train, how long a step takes, what loss to expect.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/training_corpus.h"
#include "train/trial.h"

namespace gradus {

/// Tries the run out on its text, beginning with the weights of options.init if there are any.
/// Throws MemoryError if the model cannot fit into the machine.
Trial try_out(const TrainingOptions& options, const TrainingCorpus& corpus, double seconds);

/// Counts the parameters of a model without memory for them.
int64_t count_parameters(const GPTConfig& config);

/// A run that fits a time.
struct Plan {
  TrainingOptions options;
  Trial trial;
  /// On the validation split at the end, nats per token. Nobody knows it for a model that brings
  /// weights from elsewhere, nor after a trial of a few steps.
  std::optional<double> expected_loss = {};
};

/// Shapes from small to large, with batch sizes and learning rates that suit them.
std::vector<TrainingOptions> ladder();

/// Index of the largest shape, of `parameters` in ascending order, that learns from 3 tokens per
/// parameter in so many seconds and has at most 3 parameters for each token of the corpus; 0 if
/// none does. Every parameter takes `seconds_per_product` for every token.
size_t choose_shape(std::span<const int64_t> parameters, double seconds, double seconds_per_product,
                    double corpus_tokens);

/// The loss after so many tokens: a power law (Kaplan et al. 2020, section 4) drawn through the
/// trial, towards 0 for text and towards the floor where there is one. docs/results.md says how far
/// off it was.
double extrapolate(const Trial& trial, double tokens, std::optional<double> floor);

/// Steps of a trial that fit into the time that is left. Throws ValueError if fewer than ten do.
int64_t steps_left(double seconds, const Trial& trial);

/// Measures the machine, chooses the candidate that suits the time and the corpus, and sets its
/// steps, its intervals in proportion. Candidates stand in the order of their size. Takes about a
/// twentieth of `seconds` itself, and leaves so much less for the run. Throws ValueError if there
/// is no time for ten steps.
Plan plan_for(double seconds, std::span<const TrainingOptions> candidates,
              const TrainingCorpus& corpus);

/// The plan in a sentence.
std::string to_text(const Plan& plan);

}  // namespace gradus
