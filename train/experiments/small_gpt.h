#pragma once
// Small GPTs on the built-in stories, trained side by side: what most experiments compare.

#include "nn/gpt.h"
#include "train/experiments/experiment.h"

namespace gradus {

/// A shape and how it is trained. Rows are cut anywhere from the stories, one after the other.
struct SmallRun {
  GPTConfig model = {};
  int64_t sequence = 64;  // tokens of a row; the model may have more positions
  int64_t batch_size = 12;
  int64_t steps = 1000;
  int64_t warmup_steps = 100;
  real lr = real(2e-3);
};

/// The shape that experiments vary: 2 layers, 4 heads, 128 wide, the stories' vocabulary.
GPTConfig small_shape();
/// The recipe of an experiment: less than a minute a model, a few seconds if quick.
SmallRun small_run(const GPTConfig& model, const ExperimentOptions& options);

struct SmallResult {
  GPT model;
  double seconds_per_step = 0;  // the median
  bool diverged = false;        // the loss was not finite; the model is that of the step before
};
/// Everything random depends on the seed alone.
SmallResult train_small(const SmallRun& run, uint64_t seed);

/// Nats per token of stories that it never saw, in rows of so many tokens.
double held_out_loss(const GPT& model, int64_t sequence, const ExperimentOptions& options);

/// One way to build the model, of some that are compared.
struct Arm {
  std::string name;
  SmallRun run;
};

/// A cell for each arm and seed: {"loss", "ms", "parameters"}, and what `more` adds.
std::vector<Cell> arm_cells(
    const std::vector<Arm>& arms, const ExperimentOptions& options,
    const std::function<void(const GPT&, nlohmann::ordered_json&)>& more = {});
std::string arm_cell(const std::string& arm, int64_t seed);

/// A figure of an arm over its seeds.
struct Figure {
  double mean = 0, spread = 0;  // the standard deviation; 0 for a single seed
};
Figure figure_of(const Cells& cells, const std::string& arm, const char* what,
                 const ExperimentOptions& options);
/// The same of the differences a - b, seed by seed.
Figure difference_of(const Cells& cells, const std::string& a, const std::string& b,
                     const char* what, const ExperimentOptions& options);
/// "0.534 ± 0.012".
std::string to_text(const Figure& figure, int digits);

/// Whether something is clearly above 0, clearly not, or within twice its standard error.
Outcome is_above_zero(const Figure& difference, const ExperimentOptions& options);

}  // namespace gradus
