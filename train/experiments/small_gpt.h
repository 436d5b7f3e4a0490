#pragma once
// Small GPTs on the built-in stories, trained side by side: what most experiments compare.

#include "data/batches.h"
#include "data/tokenizer.h"
#include "nn/gpt.h"
#include "train/experiments/figures.h"

namespace gradus {

/// How the experiments' networks learn: AdamW with beta2 0.99 and weight decay 0.1, gradients
/// clipped at 1, a linear warm-up and, from 60 % of the steps on, a linear decay.
struct SmallSteps {
  int64_t steps = 1000;
  int64_t warmup_steps = 100;
  real lr = real(2e-3);
};
struct SmallTrained {
  double seconds_per_step = 0;  // the median
  bool diverged = false;        // loss or gradient ceased to be finite, and training with it
};
/// `loss` gives that of the next batch. A signal ends it early.
SmallTrained take_small_steps(const Module& model, const SmallSteps& how,
                              const std::function<Tensor()>& loss);

/// A shape and how it is trained. Rows are cut anywhere from the stories, one after the other.
struct SmallRun {
  GPTConfig model = {};
  int64_t sequence = 64;  // tokens of a row; the model may have more positions
  int64_t batch_size = 12;
  SmallSteps how = {};
};

/// The shape that experiments vary: 2 layers, 4 heads, 128 wide, the stories' vocabulary.
GPTConfig small_shape();
/// What cuts the stories into tokens.
const Tokenizer& story_tokenizer();
/// The recipe of an experiment: 1,000 steps, or 60 if quick.
SmallRun small_run(const GPTConfig& model, const ExperimentOptions& options);

struct SmallResult : SmallTrained {
  GPT model;
};
/// Everything random depends on the seed alone.
SmallResult train_small(const SmallRun& run, uint64_t seed);

/// A batch of stories that it never saw: rows of `sequence` tokens and their next ones.
Batch held_out_batch(int64_t rows, int64_t sequence);

/// Nats per token of stories that it never saw, in rows of so many tokens.
double held_out_loss(const GPT& model, int64_t sequence, const ExperimentOptions& options);

/// One way to build the model, of some that are compared.
struct Arm {
  std::string name;
  SmallRun run;
};

/// The small shape with one change.
Arm small_arm(const std::string& name, const ExperimentOptions& options,
              const std::function<void(GPTConfig&)>& change);

/// A cell for each arm and seed: {"loss", "ms", "parameters"}, and what `more` adds; without losses
/// if it diverged. Quick ones have a single seed.
std::vector<Cell> arm_cells(
    const std::vector<Arm>& arms, const ExperimentOptions& options,
    const std::function<void(const GPT&, nlohmann::ordered_json&)>& more = {});

/// A row for each arm: loss and parameters.
std::vector<std::vector<std::string>> arm_table(const char* what, const std::vector<Arm>& arms,
                                                const Cells& cells,
                                                const ExperimentOptions& options);
/// A figure of each arm, a dot for each seed.
std::string arm_chart(const std::vector<Arm>& arms, const Cells& cells,
                      const ExperimentOptions& options, const char* what = "loss",
                      const char* label = "nats per held-out token");

/// How much one arm is above another, seed by seed.
std::vector<double> difference(const Cells& cells, const char* a, const char* b, const char* what,
                               const ExperimentOptions& options);
std::string in_nats(const std::vector<double>& values);

/// Nats that one way may be worse than another and still be called as good.
inline constexpr double as_good = 0.02;

}  // namespace gradus
