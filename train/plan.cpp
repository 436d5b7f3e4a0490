#include "train/plan.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/causal_objective.h"
#include "train/progress.h"

namespace gradus {

int64_t count_parameters(const GPTConfig& config) {
  const MetaMode no_memory;
  return GPT(config).num_parameters();
}

Trial try_out(const TrainingOptions& options, const TrainingCorpus& corpus, double seconds) {
  check_memory(count_parameters(options.model));
  manual_seed(options.seed);
  CausalObjective objective(options, corpus);
  if (!options.init.empty()) copy_weights(load_gpt2(options.init), objective.model());
  return try_out(options, objective, seconds);
}

std::vector<TrainingOptions> ladder() {
  struct Rung {
    int64_t n_layer, n_head, n_embd, block_size, batch_size;
    real lr;
  };
  constexpr Rung rungs[] = {{2, 2, 64, 64, 12, real(4e-3)},     {4, 4, 128, 64, 12, real(2e-3)},
                            {5, 6, 192, 128, 12, real(1.5e-3)}, {6, 8, 256, 128, 16, real(1e-3)},
                            {6, 6, 384, 256, 16, real(1e-3)},   {8, 8, 512, 256, 16, real(6e-4)},
                            {12, 12, 768, 512, 16, real(6e-4)}};
  std::vector<TrainingOptions> result;
  for (const Rung& rung : rungs) {
    TrainingOptions o = TrainingOptions::from(find_preset("nano"));
    o.model.n_layer = rung.n_layer;
    o.model.n_head = rung.n_head;
    o.model.n_embd = rung.n_embd;
    o.model.block_size = rung.block_size;
    o.batch_size = rung.batch_size;
    o.schedule.lr = rung.lr;
    o.schedule.min_lr = rung.lr / 10;
    result.push_back(o);
  }
  return result;
}

size_t choose_shape(std::span<const int64_t> parameters, double seconds, double seconds_per_product,
                    double corpus_tokens) {
  // Hoffmann et al. 2022 find 20 tokens per parameter to be best where data is plentiful and
  // training long; in minutes a larger model that has seen less is ahead.
  constexpr double tokens_per_parameter = 3;
  // A model with more than this learns its text by heart.
  constexpr double parameters_per_token = 3;
  size_t chosen = 0;
  for (size_t i = 1; i < parameters.size(); ++i) {
    const auto count = static_cast<double>(parameters[i]);
    const double tokens = seconds / (seconds_per_product * count);
    const bool affordable = tokens >= tokens_per_parameter * count;
    const bool fed = count <= parameters_per_token * corpus_tokens;
    if (affordable && fed) chosen = i;
  }
  return chosen;
}

double extrapolate(const Trial& trial, double tokens, std::optional<double> floor) {
  const double exponent = floor ? 1.1 : 0.115;
  const double lowest = floor.value_or(0);
  return lowest + (trial.loss - lowest) * std::pow(trial.tokens / tokens, exponent);
}

namespace {

// A step takes time in proportion to parameters times tokens (6 floating-point operations each),
// whatever the shape: one of them is measured.
const TrainingOptions& choose(double seconds, std::span<const TrainingOptions> candidates,
                              const TrainingCorpus& corpus) {
  if (candidates.size() == 1) return candidates.front();
  const Trial trial = try_out(candidates[1], corpus, 0.01 * seconds);
  const double seconds_per_product =
      trial.seconds_per_step / static_cast<double>(trial.tokens_per_step * trial.parameters);
  std::vector<int64_t> parameters;
  for (const TrainingOptions& c : candidates) parameters.push_back(count_parameters(c.model));
  return candidates[choose_shape(parameters, seconds, seconds_per_product,
                                 static_cast<double>(corpus.train.size()))];
}

// The same run over another number of steps, with as many validations and samples.
TrainingOptions stretched(const TrainingOptions& options, int64_t steps) {
  TrainingOptions o = options.over(steps);
  const double factor =
      static_cast<double>(steps) / static_cast<double>(std::max<int64_t>(1, options.steps));
  for (int64_t* const interval : {&o.eval_interval, &o.sample_interval}) {
    *interval = std::max<int64_t>(1, std::llround(factor * static_cast<double>(*interval)));
  }
  o.checkpoint_interval = std::min(o.checkpoint_interval, std::max<int64_t>(1, steps / 4));
  o.schedule.warmup_steps = std::min(o.schedule.warmup_steps, steps / 10);
  return o;
}

}  // namespace

int64_t steps_left(double seconds, const Trial& trial) {
  constexpr int64_t fewest = 10;
  const auto steps = static_cast<int64_t>(seconds / trial.seconds_per_step);
  check_value(steps >= fewest,
              "pretrain: a step takes {:.2g} s, and after measuring it there is time for {}; take "
              "a smaller shape or more time",
              trial.seconds_per_step, std::max<int64_t>(0, steps));
  return steps;
}

Plan plan_for(double seconds, std::span<const TrainingOptions> candidates,
              const TrainingCorpus& corpus) {
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  Plan plan{.options = choose(seconds, candidates, corpus), .trial = {}};
  plan.trial = try_out(plan.options, corpus, 0.04 * seconds);
  const int64_t steps = steps_left(seconds - seconds_since(start), plan.trial);
  plan.options = stretched(plan.options, steps);
  if (plan.options.init.empty() && plan.trial.tells_loss()) {
    const auto tokens = static_cast<double>(steps * plan.trial.tokens_per_step);
    plan.expected_loss = extrapolate(plan.trial, tokens, corpus.floor);
  }
  return plan;
}

std::string to_text(const Plan& plan) {
  const TrainingOptions& o = plan.options;
  const std::string loss =
      plan.expected_loss
          ? fmt::format("; a loss of about {:.2f} is to be expected", *plan.expected_loss)
          : "";
  return fmt::format("{}, {} parameters\n{} steps of {:.1f} ms{}\n", shape_in_words(o.model),
                     plan.trial.parameters, o.steps, 1e3 * plan.trial.seconds_per_step, loss);
}

}  // namespace gradus
