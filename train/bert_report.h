#pragma once
// The page of a BERT's pre-training, and what its curves say in words.

#include <filesystem>
#include <string>
#include <vector>

#include "train/metrics.h"
#include "train/pretraining_corpus.h"
#include "train/verdict.h"

namespace gradus {

/// What the curves are read against: baselines.json in the run folder.
void save_masked_lines(const MaskedLines& lines, const std::filesystem::path& run);
MaskedLines load_masked_lines(const std::filesystem::path& run);

/// The page as HTML.
std::string bert_report(const std::filesystem::path& run);

struct BERTFacts {
  std::vector<StepMetrics> metrics = {};  // in the order of their steps
  MaskedLines lines = {};
  int64_t planned_steps = 0;
  int64_t tokens_per_step = 0;
  double clip = 1;
  int64_t short_steps = 0;  // on short rows: their losses are of another task
};
/// What it knows by now, and what looks wrong.
Verdict judge_bert(const BERTFacts& facts);
/// The same from a run folder.
Verdict judge_bert_run(const std::filesystem::path& run);

}  // namespace gradus
