#pragma once
// A run folder holds everything a run has made. It is a model directory (config.json,
// model.safetensors, tokenizer files) and more:
//
//   training.json            the settings of the run
//   metrics.jsonl            one line per measured step
//   baselines.json           what the curves are read against
//   report.html              all of it to look at
//   samples/step-N.txt       what the model wrote
//   checkpoints/step-N/      model, optimizer, trainer_state.json, manifest.json (sizes, digests)
//   checkpoints/latest       the name of the newest complete one
//
// A checkpoint appears under its name only when all of it is on disk: a kill at any instant leaves
// the previous one.

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "optim/optimizer.h"
#include "tensor/random.h"

namespace gradus {

/// Where a run stands, besides weights and moments.
struct TrainerState {
  int64_t step = 0;  // steps done
  uint64_t loader_position = 0;
  Generator generator;       // the default generator: dropout
  double best_val_loss = 0;  // 0 before the first evaluation
  uint64_t data_digest = 0;
  uint64_t tokenizer_digest = 0;
  std::string kernels = {};  // what computed it: other kernels round differently
};

class RunFolder {
 public:
  /// Opens or makes the folder and locks it. Throws FileError if another process holds the lock, or
  /// if `fresh` and there is a run or a model in it already.
  RunFolder(std::filesystem::path directory, bool fresh);
  /// Throws FileError if somebody trains in the folder, or there is a run or a model in it.
  static void check_unused(const std::filesystem::path& directory);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return directory_; }
  std::filesystem::path settings_file() const { return directory_ / "training.json"; }
  /// What it holds. Throw FileError.
  nlohmann::json settings() const;
  void save_settings(const nlohmann::json& settings);

  /// Writes or reads the model directory of a checkpoint: config.json and model.safetensors.
  using ModelFiles = std::function<void(const std::filesystem::path& directory)>;
  /// Writes a checkpoint, makes it the latest, refreshes the model directory and removes all but
  /// the newest `keep`. Throws FileError and leaves the older ones if the disk is full.
  void save(const ModelFiles& write_model, const Optimizer& optimizer, const TrainerState& state,
            int64_t keep);
  /// Whether a first checkpoint was completed. A run that was killed before begins again.
  bool has_checkpoint() const;
  /// Restores the newest checkpoint. Throws FileError if it is incomplete or damaged.
  TrainerState restore(const ModelFiles& read_model, Optimizer& optimizer) const;

  void append_metrics(const std::string& json_line);
  /// Forgets lines about steps that a resumed run will do again.
  void rewind_metrics(int64_t step);
  void save_sample(int64_t step, const std::string& text);

 private:
  std::filesystem::path checkpoints() const { return directory_ / "checkpoints"; }
  void prune(const std::string& latest, int64_t keep) const;
  void remove_later_than(const std::string& latest) const;
  void remove_unfinished() const;

  std::filesystem::path directory_;
  int lock_ = -1;
};

}  // namespace gradus
