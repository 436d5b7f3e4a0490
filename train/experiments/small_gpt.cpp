#include "train/experiments/small_gpt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tensor/errors.h"
#include "train/evaluation.h"
#include "train/signals.h"
#include "train/training_corpus.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

const TrainingCorpus& gpt_stories() {
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
          .vocab_size = gpt_stories().tokenizer.vocab_size(),
          .n_layer = 2,
          .n_head = 4,
          .n_embd = 128,
          .init_std = real(0.08)};
}

const Tokenizer& story_tokenizer() { return gpt_stories().tokenizer; }

SmallRun small_run(const GPTConfig& model, const ExperimentOptions& options) {
  SmallRun run{.model = model};
  if (options.quick) run.how.steps = 60, run.how.warmup_steps = 10;
  return run;
}

SmallTrained take_small_steps(const Module& model, const SmallSteps& how,
                              const std::function<Tensor()>& loss_of_batch) {
  AdamW optimizer(model.named_parameters(), {.beta2 = real(0.99), .weight_decay = real(0.1)});
  const Schedule schedule{.decay = Decay::linear,
                          .lr = how.lr,
                          .min_lr = how.lr / 20,
                          .warmup_steps = how.warmup_steps,
                          .decay_start = how.steps * 6 / 10,
                          .decay_steps = how.steps};
  std::vector<double> seconds;
  for (int64_t step = 0; step < how.steps && stop_signal() == 0; ++step) {
    const auto start = std::chrono::steady_clock::now();
    const Tensor loss = loss_of_batch();
    loss.backward();
    const double norm = grad_norm(model.named_parameters());
    if (!std::isfinite(loss.item()) || !std::isfinite(norm)) return {median(seconds), true};
    optimizer.lr = schedule(step);
    optimizer.step(clip_scale(norm, 1));
    optimizer.zero_grad();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    seconds.push_back(taken.count());
  }
  return {median(seconds), false};
}

SmallResult train_small(const SmallRun& run, uint64_t seed) {
  manual_seed(seed);
  SmallResult result{{}, GPT(run.model)};
  CausalLoader loader(gpt_stories().train,
                      {.batch_size = run.batch_size, .block_size = run.sequence, .seed = seed});
  static_cast<SmallTrained&>(result) = take_small_steps(result.model, run.how, [&] {
    const auto [ids, targets] = loader.next();
    return result.model.loss(ids, targets);
  });
  return result;
}

Batch held_out_batch(int64_t rows, int64_t sequence) {
  return evaluation_blocks(gpt_stories().val, rows, sequence)[0];
}

double held_out_loss(const GPT& model, int64_t sequence, const ExperimentOptions& options) {
  const int64_t tokens = options.quick ? 8'000 : 50'000;
  const int64_t rows = std::max<int64_t>(1, 1024 / sequence);
  const int64_t batches = std::max<int64_t>(1, tokens / (rows * sequence));
  return evaluate(model, gpt_stories().val, rows, sequence, batches).loss;
}

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

Arm small_arm(const std::string& name, const ExperimentOptions& options,
              const std::function<void(GPTConfig&)>& change) {
  GPTConfig model = small_shape();
  change(model);
  return {name, small_run(model, options)};
}

std::vector<std::vector<std::string>> arm_table(const char* what, const std::vector<Arm>& arms,
                                                const Cells& cells, const ExperimentOptions& o) {
  std::vector<std::vector<std::string>> table{{what}};
  for (const Arm& a : arms) table.push_back({a.name});
  add_column(table, "loss", cells, "loss", 3, o);
  add_column(table, "parameters", cells, "parameters", 0, o);
  return table;
}

std::string arm_chart(const std::vector<Arm>& arms, const Cells& cells, const ExperimentOptions& o,
                      const char* what, const char* label) {
  RowChart chart{.title = what, .x_label = label, .rows = {}};
  for (const Arm& a : arms) chart.rows.push_back(row_of(cells, a.name, what, o));
  return to_svg(chart);
}

std::vector<double> difference(const Cells& cells, const char* a, const char* b, const char* what,
                               const ExperimentOptions& o) {
  return minus(by_seed(cells, a, what, o), by_seed(cells, b, what, o));
}
std::string in_nats(const std::vector<double>& values) { return to_text(figure_of(values), 3); }

}  // namespace gradus
