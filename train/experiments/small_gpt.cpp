#include "train/experiments/small_gpt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

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

namespace {

int64_t seeds_of(const ExperimentOptions& o) { return o.quick ? 1 : o.seeds; }

// Half the width of a 95 % interval in standard errors, by the number of values.
double student_t(size_t n) {
  constexpr double table[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
  return n - 2 < std::size(table) ? table[n - 2] : 2.26;
}

}  // namespace

std::vector<Cell> arm_cells(const std::vector<Arm>& arms, const ExperimentOptions& options,
                            const std::function<void(const GPT&, ordered_json&)>& more) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(options); ++seed) {
    for (const Arm& arm : arms) {
      const auto measure = [=] {
        const SmallResult result = train_small(arm.run, static_cast<uint64_t>(seed));
        ordered_json figures{{"ms", 1e3 * result.seconds_per_step},
                             {"parameters", result.model.num_parameters()}};
        if (result.diverged) return figures;
        figures["loss"] = held_out_loss(result.model, arm.run.sequence, options);
        if (more) more(result.model, figures);
        return figures;
      };
      cells.push_back({arm_cell(arm.name, seed), measure});
    }
  }
  return cells;
}

std::vector<double> by_seed(const Cells& cells, const std::string& arm, const std::string& what,
                            const ExperimentOptions& options) {
  std::vector<double> values;
  for (int64_t seed = 0; seed < seeds_of(options); ++seed) {
    const ordered_json& cell = cells.at(arm_cell(arm, seed));
    values.push_back(cell.contains(what) ? cell[what].get<double>()
                                         : std::numeric_limits<double>::infinity());
  }
  return values;
}

std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

Figure figure_of(const std::vector<double>& values) {
  Figure f;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) f.mean += v / n;
  if (values.size() < 2) return f;
  for (const double v : values) f.spread += (v - f.mean) * (v - f.mean);
  f.spread = std::sqrt(f.spread / (n - 1));
  f.error = student_t(values.size()) * f.spread / std::sqrt(n);
  return f;
}

std::string to_text(const Figure& f, int digits) {
  if (!std::isfinite(f.mean)) return "diverged";
  return f.spread == 0 ? fmt::format("{:.{}f}", f.mean, digits)
                       : fmt::format("{:.{}f} ± {:.{}f}", f.mean, digits, f.spread, digits);
}

Outcome are_above(const std::vector<double>& values, double limit) {
  const Figure f = figure_of(values);
  if (values.size() < 3 || std::isnan(f.mean)) return Outcome::inconclusive;
  if (std::isinf(f.mean)) return f.mean > 0 ? Outcome::holds : Outcome::does_not_hold;
  if (f.mean - f.error > limit) return Outcome::holds;
  return f.mean + f.error < limit ? Outcome::does_not_hold : Outcome::inconclusive;
}

Outcome are_below(const std::vector<double>& values, double limit) {
  std::vector<double> negative(values.size());
  std::transform(values.begin(), values.end(), negative.begin(), std::negate<>());
  return are_above(negative, -limit);
}

Outcome all_of(std::initializer_list<Outcome> outcomes) {
  Outcome all = Outcome::holds;
  for (const Outcome o : outcomes) {
    if (o == Outcome::does_not_hold) return o;
    if (o == Outcome::inconclusive) all = o;
  }
  return all;
}

}  // namespace gradus
