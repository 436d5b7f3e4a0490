#pragma once
// "Is this loss normal?", answered in words from the curves of a run.

#include <optional>
#include <string>
#include <vector>

#include "data/ngram.h"
#include "train/metrics.h"

namespace gradus {

struct RunFacts {
  std::vector<StepMetrics> metrics = {};  // in the order of their steps
  Baselines baselines;
  std::optional<double> floor = {};  // nats per token that nobody can beat, where it is known
  int64_t planned_steps = 0;
  int64_t tokens_per_step = 0;
  int64_t train_tokens = 0;
  double clip = 1;  // norm at which gradients are clipped, 0 for never
};

struct Verdict {
  std::vector<std::string> learned;   // what the model knows by now
  std::vector<std::string> warnings;  // what looks wrong, and what to try
};

Verdict judge(const RunFacts& facts);

/// The mean loss of the last `count` steps before index `end` (exclusive): a curve without noise.
double smoothed_loss(const std::vector<StepMetrics>& metrics, size_t end, size_t count = 50);

}  // namespace gradus
