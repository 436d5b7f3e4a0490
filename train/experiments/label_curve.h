#pragma once
// What pre-training is worth, measured: the same network fine-tuned, trained from scratch, and
// frozen under a new head, beside logistic regression, on 30, 100, 300, 1,000, 3,000 and all
// labels. (Howard & Ruder 2018, "Universal language model fine-tuning", figure 3, asks the same.)

#include <cstdint>
#include <string>

#include "train/finetune/task_data.h"

namespace gradus {

struct LabelCurveOptions {
  TaskName task = TaskName::sentiment;  // or pairs
  std::string model, train = builtin_task, dev = builtin_task;
  Pooling pooling = Pooling::token;  // what the linear layer reads, in all of them
  std::string out;                   // folder for results.json and report.html
  int64_t seeds = 3;                 // labels, heads and batches differ
  uint64_t first_seed = 0;
  bool quick = false;  // 30, 100 and 300 labels, one seed, fewer steps
  bool json = false, quiet = false;
};

/// Runs what results.json does not hold yet, writes it after every result, and prints a table.
/// Every figure is that of the last step's weights: nothing is chosen by the examples it is
/// measured on. Throws FileError if results.json came from other settings. Returns whether a
/// signal ended it.
bool label_curve(const LabelCurveOptions& options);

}  // namespace gradus
