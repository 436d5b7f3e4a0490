#pragma once
// Everything that decides how a run goes; stored in the run folder as training.json, so that a
// resumed run is the same run.

#include <nlohmann/json.hpp>
#include <string>

#include "nn/gpt.h"
#include "optim/schedule.h"
#include "tensor/errors.h"
#include "tensor/precision.h"
#include "train/presets.h"

namespace gradus {

/// What --data calls the built-in corpus.
inline constexpr const char* builtin_data = "builtin";

/// What every kind of pre-training has.
struct RunOptions {
  std::string data;        // file, folder, "-" or builtin_data
  std::string tokenizer;   // learned from the text (char, word, bpe, wordpiece), or a folder; empty
                           // for what suits model and text
  int64_t vocab_size = 0;  // of a tokenizer that is learned; 0 means a default
  std::string init;        // a model directory to begin from; empty for random weights
  int64_t batch_size = 12;
  int64_t accumulation = 1;  // micro-batches per step
  int64_t steps = 2000;
  Schedule schedule = {};
  real beta1 = real(0.9), beta2 = real(0.99), eps = real(1e-8);
  bool bias_correction = true;  // Adam's; BERT trained without
  real weight_decay = real(0.1);
  bool activation_checkpointing = false;  // blocks are computed again in backward
  real clip = 1;                          // largest norm of the gradient; 0 does not clip
  int64_t eval_interval = 250;
  int64_t eval_batches = 40;  // of the validation split; 0 means all of it
  int64_t sample_interval = 250;
  int64_t checkpoint_interval = 500;
  int64_t keep_checkpoints = 2;
  uint64_t seed = 1337;
  Precision precision = Precision::float32;  // of products in training; validation is in float32

  bool is_builtin() const { return data == builtin_data; }
  /// Makes the path of the text one that a run can be resumed with from anywhere.
  void make_data_absolute();
  /// Makes it a run over another number of steps, the start of the decay in proportion.
  void stretch(int64_t new_steps);
  /// Throws ValueError naming the first value outside its range. A sequence has so many tokens.
  void check_run(int64_t sequence_length) const;
};

/// Next-token prediction with a GPT.
struct TrainingOptions : RunOptions {
  GPTConfig model;

  static constexpr int64_t default_vocab_size = 4096;

  std::string tokenizer_kind() const {
    return !tokenizer.empty() ? tokenizer : is_builtin() ? "word" : "char";
  }
  bool learns_tokenizer() const {
    const std::string kind = tokenizer_kind();
    return kind == "char" || kind == "word" || kind == "bpe";
  }
  int64_t most_tokens() const { return vocab_size == 0 ? default_vocab_size : vocab_size; }

  static TrainingOptions from(const Preset& preset);
  TrainingOptions over(int64_t new_steps) const;
  /// Throws ValueError naming the first value outside its range.
  void check() const;
};

/// Calls `read`; a value that is missing or of the wrong kind is a FileError that names `file` and
/// whose settings these should be.
template <class Read>
auto settings_from(const std::string& file, const char* whose, Read read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("{}: not the settings of {}: {}", file, whose, error.what()));
  }
}

nlohmann::json to_json(const RunOptions& options);
/// Throws FileError naming `file` for values that are missing or of the wrong kind.
RunOptions run_options_from(const nlohmann::json& object, const std::string& file);
/// The same, checked for a GPT, whose shape config.json holds.
TrainingOptions training_options_from(const nlohmann::json& object, const std::string& file);

}  // namespace gradus
