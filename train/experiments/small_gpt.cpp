#include "train/experiments/small_gpt.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "data/batches.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tensor/errors.h"
#include "train/evaluation.h"
#include "train/signals.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

const TrainingCorpus& stories() {
  static const TrainingCorpus corpus = [] {
    TrainingOptions options;
    options.data = builtin_data;
    return read_training_corpus(options, {});
  }();
  return corpus;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

GPTConfig small_shape() {
  return {.block_size = 64,
          .vocab_size = stories().tokenizer.vocab_size(),
          .n_layer = 2,
          .n_head = 4,
          .n_embd = 128,
          .init_std = real(0.08)};
}

SmallRun small_run(const GPTConfig& model, const ExperimentOptions& options) {
  SmallRun run{.model = model};
  if (options.quick) run.steps = 60, run.warmup_steps = 10;
  return run;
}

SmallResult train_small(const SmallRun& run, uint64_t seed) {
  manual_seed(seed);
  SmallResult result{GPT(run.model)};
  GPT& model = result.model;
  AdamW optimizer(model.named_parameters(), {.beta2 = real(0.99), .weight_decay = real(0.1)});
  const Schedule schedule{.decay = Decay::linear,
                          .lr = run.lr,
                          .min_lr = run.lr / 20,
                          .warmup_steps = run.warmup_steps,
                          .decay_start = run.steps * 6 / 10,
                          .decay_steps = run.steps};
  CausalLoader loader(stories().train,
                      {.batch_size = run.batch_size, .block_size = run.sequence, .seed = seed});
  std::vector<double> seconds;
  for (int64_t step = 0; step < run.steps && stop_signal() == 0; ++step) {
    const auto start = std::chrono::steady_clock::now();
    const auto [ids, targets] = loader.next();
    const Tensor loss = model.loss(ids, targets);
    loss.backward();
    const double norm = clip_grad_norm(model.named_parameters(), 1);
    result.diverged = !std::isfinite(loss.item()) || !std::isfinite(norm);
    if (result.diverged) break;
    optimizer.lr = schedule(step);
    optimizer.step();
    optimizer.zero_grad();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    seconds.push_back(taken.count());
  }
  result.seconds_per_step = median(seconds);
  return result;
}

double held_out_loss(const GPT& model, int64_t sequence, const ExperimentOptions& options) {
  const int64_t tokens = options.quick ? 8'000 : 50'000;
  const int64_t rows = std::max<int64_t>(1, 1024 / sequence);
  const int64_t batches = std::max<int64_t>(1, tokens / (rows * sequence));
  return evaluate(model, stories().val, rows, sequence, batches).loss;
}

std::string arm_cell(const std::string& arm, int64_t seed) {
  return fmt::format("{}/seed {}", arm, seed);
}

std::vector<Cell> arm_cells(const std::vector<Arm>& arms, const ExperimentOptions& options,
                            const std::function<void(const GPT&, ordered_json&)>& more) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < options.seeds; ++seed) {
    for (const Arm& arm : arms) {
      const auto measure = [=] {
        const SmallResult result = train_small(arm.run, static_cast<uint64_t>(seed));
        ordered_json figures{{"loss", held_out_loss(result.model, arm.run.sequence, options)},
                             {"ms", 1e3 * result.seconds_per_step},
                             {"parameters", result.model.num_parameters()},
                             {"diverged", result.diverged}};
        if (more) more(result.model, figures);
        return figures;
      };
      cells.push_back({arm_cell(arm.name, seed), measure});
    }
  }
  return cells;
}

namespace {

Figure mean_and_deviation(const std::vector<double>& values) {
  Figure f;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) f.mean += v / n;
  for (const double v : values) f.spread += (v - f.mean) * (v - f.mean);
  f.spread = values.size() > 1 ? std::sqrt(f.spread / (n - 1)) : 0;
  return f;
}

}  // namespace

Figure figure_of(const Cells& cells, const std::string& arm, const char* what,
                 const ExperimentOptions& options) {
  std::vector<double> values;
  for (int64_t seed = 0; seed < options.seeds; ++seed) {
    values.push_back(cells.at(arm_cell(arm, seed)).at(what).get<double>());
  }
  return mean_and_deviation(values);
}

Figure difference_of(const Cells& cells, const std::string& a, const std::string& b,
                     const char* what, const ExperimentOptions& options) {
  std::vector<double> values;
  for (int64_t seed = 0; seed < options.seeds; ++seed) {
    values.push_back(cells.at(arm_cell(a, seed)).at(what).get<double>() -
                     cells.at(arm_cell(b, seed)).at(what).get<double>());
  }
  return mean_and_deviation(values);
}

std::string to_text(const Figure& f, int digits) {
  return f.spread == 0 ? fmt::format("{:.{}f}", f.mean, digits)
                       : fmt::format("{:.{}f} ± {:.{}f}", f.mean, digits, f.spread, digits);
}

Outcome is_above_zero(const Figure& difference, const ExperimentOptions& options) {
  if (options.seeds < 3) return Outcome::inconclusive;  // one run says nothing about another
  const double error = difference.spread / std::sqrt(static_cast<double>(options.seeds));
  if (difference.mean > 2 * error) return Outcome::holds;
  return difference.mean < -2 * error ? Outcome::does_not_hold : Outcome::inconclusive;
}

}  // namespace gradus
