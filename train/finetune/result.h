#pragma once
// What came out of a fine-tuning session, for programs and for people.

#include <nlohmann/json.hpp>

#include "train/finetune/session.h"

namespace gradus {

struct SeedResult {
  uint64_t seed = 0;
  FineTuned tuned = {};
  std::optional<Score> test = {};
  std::vector<Baseline> dev_baselines = {}, test_baselines = {};
};

struct FineTuneResult {
  std::vector<SeedResult> runs = {};
  size_t best_run = 0;
  int64_t train_rows = 0, dev_rows = 0, test_rows = 0;
  std::vector<std::string> labels = {};
  std::vector<std::string> notes = {};

  const SeedResult& best() const { return runs[best_run]; }
};

nlohmann::ordered_json to_json(const Score& score);
nlohmann::ordered_json to_json(const SessionOptions& options, const FineTuneResult& result);

/// A table of all figures, of the model and of the baselines; of several seeds the mean and the
/// spread; the confusion matrix or the entities by type; and how sure the main figure is.
std::string to_text(const SessionOptions& options, const FineTuneResult& result);

/// Rows are the truth, columns what was predicted.
std::string confusion_table(const ClassificationScore& score, std::span<const std::string> labels);

}  // namespace gradus
