#pragma once
// Student and teacher side by side.

#include <string>

#include "train/distill_objective.h"

namespace gradus {

struct ModelFigures {
  int64_t parameters = 0;
  int64_t encoder_parameters = 0;  // of the layers, without embeddings and heads
  double tokens_per_second = 0;    // of the encoder, forward
  double accuracy = 0;             // share of the masked tokens that are held out
};

struct DistillComparison {
  ModelFigures teacher, student;
  double agreement = 0;  // share of the masked tokens for which both say the same
};

/// Measured on all that is held out. For the speed both take turns on one batch, so that whatever
/// else runs on the machine disturbs both alike; the median of their turns counts.
DistillComparison compare(DistillObjective& objective);
std::string to_text(const DistillComparison& comparison);

}  // namespace gradus
