#pragma once
// A few real steps of a run, to know beforehand what it will cost.

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "train/objective.h"
#include "train/training_options.h"

namespace gradus {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Measured on a model that is thrown away.
struct Trial {
  static constexpr int64_t warmup_steps = 20;
  int64_t steps = 0;
  int64_t parameters = 0;
  int64_t tokens_per_step = 0;
  double seconds_per_step = 0;
  double state_bytes = 0;  // weights, gradients and the optimizer's two moments
  double peak_bytes = 0;   // resident memory of the whole program
  double tokens = 0;       // that were learned from
  double loss = 0;         // after that, nats per token

  /// Whether the loss lies on the curve of the run: over the warm-up and as long again it falls
  /// from guessing to what is easily learned, steeper than ever after.
  bool tells_loss() const { return steps >= 3 * warmup_steps; }
};

/// Takes real steps, at least five, for about so many seconds.
Trial try_out(const RunOptions& options, Objective& objective, double seconds);

/// Steps that fit so many minutes.
inline int64_t steps_in(double minutes, const Trial& trial) {
  return static_cast<int64_t>(60 * minutes / trial.seconds_per_step);
}

/// Throws MemoryError if weights, gradients and moments of so many parameters exceed the machine's.
void check_memory(int64_t parameters);

/// The sizes of a model.
template <class Config>
std::string shape_in_words(const Config& c) {
  return fmt::format("{} layers, {} heads, {} wide, {} tokens of context, vocabulary {}", c.n_layer,
                     c.n_head, c.n_embd, c.block_size, c.vocab_size);
}

/// What --dry-run prints. `shape` is the model's, in words.
std::string cost_in_words(const std::string& shape, const RunOptions& options, const Trial& trial);

}  // namespace gradus
