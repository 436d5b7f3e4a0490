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
/// The recipe of an experiment: 1,000 steps, or 60 if quick.
SmallRun small_run(const GPTConfig& model, const ExperimentOptions& options);

struct SmallResult {
  GPT model;
  double seconds_per_step = 0;  // the median
  bool diverged = false;        // loss or gradient ceased to be finite, and training with it
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

/// A cell for each arm and seed: {"loss", "ms", "parameters"}, and what `more` adds; without losses
/// if it diverged. Quick ones have a single seed.
std::vector<Cell> arm_cells(
    const std::vector<Arm>& arms, const ExperimentOptions& options,
    const std::function<void(const GPT&, nlohmann::ordered_json&)>& more = {});
std::string arm_cell(const std::string& arm, int64_t seed);

/// What an arm came to, seed by seed; infinite for a loss that it does not have since it diverged.
std::vector<double> by_seed(const Cells& cells, const std::string& arm, const std::string& what,
                            const ExperimentOptions& options);
/// a - b, seed by seed.
std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b);

struct Figure {
  double mean = 0, spread = 0;  // the standard deviation; 0 for a single seed
  double error = 0;             // half the width of the mean's 95 % interval (Student's t)
};
Figure figure_of(const std::vector<double>& values);
/// "0.534 ± 0.012", or "diverged".
std::string to_text(const Figure& figure, int digits);

/// Whether values are above `limit`: holds or does not hold where their 95 % interval lies on one
/// side of it, and is inconclusive otherwise or for fewer than three seeds.
Outcome are_above(const std::vector<double>& values, double limit = 0);
Outcome are_below(const std::vector<double>& values, double limit);
/// holds if all do; does_not_hold if one does not.
Outcome all_of(std::initializer_list<Outcome> outcomes);

}  // namespace gradus
