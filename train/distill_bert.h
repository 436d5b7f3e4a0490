#pragma once
// A run that distils a BERT into a smaller one, and what came of it.

#include <string>

#include "train/distill_options.h"

namespace gradus {

struct DistillRequest {
  std::string folder;   // the run folder
  bool resume = false;  // go on with the run in it; otherwise begin one with `options`, of which a
                        // resumed run takes only `data`, and that only if its text has moved
  DistillOptions options;
  double minutes = 0;      // end by then, whatever options.steps says; 0 for no limit
  int64_t stop_after = 0;  // save and stop after so many steps of this session; 0 goes to the end
  bool quiet = false;
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
