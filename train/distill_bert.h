#pragma once
// A run that distils a BERT into a smaller one, and what came of it.

#include <string>

#include "train/distill_options.h"
#include "train/run_request.h"

namespace gradus {

struct DistillRequest {
  RunRequest run;
  DistillOptions options;
};

/// The settings that suit a teacher, whose shape they have. Throws FileError for a folder without a
/// BERT that can predict masked tokens.
DistillOptions distill_options_for_teacher(const std::string& directory);

/// Trains until the last step, the end of the time, `stop_after` or a signal; saves in any case.
/// After the last step it prints what student and teacher weigh, how fast they are and how often
/// they are right. Throws FileError and ValueError for a text, a folder or settings that do not
/// serve.
void distill_bert(const DistillRequest& request);

}  // namespace gradus
