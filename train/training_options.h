#pragma once
// Everything that decides how a run goes; stored in the run folder as training.json, so that a
// resumed run is the same run.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "nn/gpt.h"
#include "optim/schedule.h"
#include "train/presets.h"

namespace gradus {

/// What --data calls the built-in corpus.
inline constexpr const char* builtin_data = "builtin";

struct TrainingOptions {
  std::string data;        // file, folder, "-" or builtin_data
  std::string tokenizer;   // char, word or bpe, learned from the text; or a folder; empty: char, or
                           // word for the built-in corpus
  int64_t vocab_size = 0;  // of words or a bpe that are learned; 0 means default_vocab_size
  std::string init;        // a model directory to begin from; empty for random weights
  GPTConfig model;
  int64_t batch_size = 12;
  int64_t accumulation = 1;  // micro-batches per step
  int64_t steps = 2000;
  Schedule schedule = {};
  real beta1 = real(0.9), beta2 = real(0.99), eps = real(1e-8);
  real weight_decay = real(0.1);
  real clip = 1;  // largest norm of the gradient; 0 does not clip
  int64_t eval_interval = 250;
  int64_t eval_batches = 40;  // of the validation split; 0 means all of it
  int64_t sample_interval = 250;
  int64_t checkpoint_interval = 500;
  int64_t keep_checkpoints = 2;
  uint64_t seed = 1337;

  static constexpr int64_t default_vocab_size = 4096;

  bool is_builtin() const { return data == builtin_data; }
  std::string tokenizer_kind() const {
    return !tokenizer.empty() ? tokenizer : is_builtin() ? "word" : "char";
  }
  bool learns_tokenizer() const {
    const std::string kind = tokenizer_kind();
    return kind == "char" || kind == "word" || kind == "bpe";
  }
  int64_t most_tokens() const { return vocab_size == 0 ? default_vocab_size : vocab_size; }

  static TrainingOptions from(const Preset& preset);
  /// The same run over another number of steps, the start of the decay in proportion.
  TrainingOptions over(int64_t new_steps) const;
  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

nlohmann::json to_json(const TrainingOptions& options);
/// Throws FileError naming `file` for values that are missing or of the wrong kind.
TrainingOptions training_options_from(const nlohmann::json& object, const std::string& file);

}  // namespace gradus
