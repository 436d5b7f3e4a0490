#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "train/metrics.h"
#include "train/report.h"
#include "train/signals.h"

namespace gradus {
namespace {

double seconds_between(Trainer::Clock::time_point from, Trainer::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// A full disk costs no work: training goes on and the next interval tries again.
template <class F>
bool try_to_save(Progress& progress, F save) {
  try {
    save();
    return true;
  } catch (const FileError& error) {
    progress.warning(fmt::format("not saved, will try again: {}", error.what()));
    return false;
  }
}

}  // namespace

Trainer::Trainer(const RunOptions& options, const RunDigests& digests, Objective& objective,
                 RunFolder& folder)
    : planned_(options),
      o(options),
      objective_(objective),
      folder_(folder),
      learner_(o, objective) {
  state_.data_digest = digests.data;
  state_.tokenizer_digest = digests.tokenizer;
  state_.kernels = kernels::describe();
}

bool Trainer::restore() {
  if (!folder_.has_checkpoint()) {
    folder_.rewind_metrics(0);
    return false;
  }
  const TrainerState saved = folder_.restore(
      [&](const auto& directory) { objective_.load(directory); }, learner_.optimizer);
  check<FileError>(saved.data_digest == state_.data_digest,
                   "{}: this is not the text that the run began with", o.data);
  check<FileError>(saved.tokenizer_digest == state_.tokenizer_digest,
                   "{}: the tokenizer is not the one that the run began with",
                   folder_.path().string());
  if (saved.kernels != state_.kernels) {
    const std::string warning = fmt::format(
        "warning: the run was computed by {}; here {} goes on, whose last digits differ\n",
        saved.kernels, state_.kernels);
    std::fputs(warning.c_str(), stderr);
  }
  state_ = saved;
  state_.kernels = kernels::describe();
  objective_.seek(state_.loader_position);
  default_generator() = state_.generator;
  folder_.rewind_metrics(state_.step);
  return true;
}

// The training loop.
void Trainer::train(int64_t most, bool quiet) {
  watch_signals();
  first_ = state_.step;
  const auto done = [&] {
    return state_.step >= o.steps || (most > 0 && state_.step - first_ >= most);
  };
  bool saved = false;
  Progress progress("step", o.steps, first_, quiet);
  progress.line(objective_.about());
  if (first_ > 0)
    progress.line(done() ? fmt::format("this run is finished: {} of {} steps", first_, o.steps)
                         : fmt::format("goes on after step {} of {}", first_, o.steps));

  while (!done() && stop_signal() == 0) {
    const Learner::Step step = learner_.step(state_.step, o.schedule(state_.step));
    ++state_.step;
    if (end_) follow_clock(progress);
    report(progress, step);
    saved = state_.step % o.checkpoint_interval == 0 && try_to_save(progress, [&] { save(); });
  }
  if (!saved) save();
  if (state_.step == o.steps) {
    if (last_sample_.empty())
      last_sample_ = objective_.sample(o.seed);  // there was nothing left to train
    progress.line("\n" + last_sample_ + "\n");
  }
  progress.line(
      fmt::format("{} steps in {}", state_.step - first_, clock_time(progress.seconds())));
}

// At every interval and at the end; where the clock decides, not shortly before the end as well.
bool Trainer::due(int64_t interval) const {
  if (state_.step == o.steps) return true;
  const bool shortly_before = end_ && o.steps - state_.step < interval / 2;
  return state_.step % interval == 0 && !shortly_before;
}

// The bar, metrics.jsonl, and at their intervals a validation, a sample and the report.
void Trainer::report(Progress& progress, const Learner::Step& step) {
  const double tokens = static_cast<double>((state_.step - first_) * learner_.tokens_per_step());
  const double pace = tokens / progress.seconds();
  progress.update(state_.step, fmt::format("loss {:.4f}  {:.0f} tokens/s", step.loss, pace));
  StepMetrics metrics{.step = state_.step,
                      .loss = step.loss,
                      .lr = static_cast<double>(learner_.optimizer.lr),
                      .grad_norm = step.grad_norm,
                      .tokens_per_second = std::round(pace),
                      .measures = step.measures};
  if (due(o.eval_interval)) {
    const Objective::Losses held_out = validate();
    metrics.val_loss = held_out.loss;
    for (const auto& [name, value] : held_out.measures) {
      metrics.measures.emplace_back("val_" + name, value);
    }
    progress.line(
        fmt::format("step {:>6}  loss {:.4f}  val {:.4f}  lr {:.1e}  norm {:.2f}  {:.0f} tok/s  {}",
                    state_.step, step.loss, *metrics.val_loss, metrics.lr, step.grad_norm, pace,
                    clock_time(progress.seconds())));
    if (!held_out.note.empty()) progress.line("             " + held_out.note);
  }
  try_to_save(progress, [&] {
    folder_.append_metrics(to_json_line(metrics));
    if (due(o.sample_interval)) {
      last_sample_ = objective_.sample(o.seed);
      folder_.save_sample(state_.step, last_sample_);
    }
    if (metrics.val_loss) {
      if (end_) save_settings();
      write_report(folder_.path());
    }
  });
}

// As many steps as there is time for at the pace so far, reckoned anew every hundredth of the way.
void Trainer::follow_clock(Progress& progress) {
  constexpr int64_t settling = 10;  // the first steps are slower than the others
  const int64_t done = state_.step - first_;
  const bool reckon = done >= settling && done % std::max(settling, o.steps / 100) == 0;
  if (!reckon || state_.step == o.steps) return;
  const double left = seconds_between(Clock::now(), *end_) - last_seconds();
  const double pace = progress.seconds() / static_cast<double>(done);
  o = planned_;
  o.stretch(state_.step + std::max<int64_t>(1, static_cast<int64_t>(left / pace)));
  progress.set_total(o.steps);
}

// What follows the last step: a validation of the whole split, and writing everything down.
double Trainer::last_seconds() const {
  constexpr double writing = 1;
  return writing + seconds_per_val_batch_ * static_cast<double>(objective_.validation_batches());
}

// The last validation takes the whole split.
Objective::Losses Trainer::validate() {
  const Clock::time_point start = Clock::now();
  const int64_t all = objective_.validation_batches();
  const bool whole = state_.step == o.steps || o.eval_batches == 0 || o.eval_batches > all;
  const int64_t batches = whole ? all : o.eval_batches;
  const Objective::Losses result = objective_.validate(batches);
  seconds_per_val_batch_ = seconds_between(start, Clock::now()) / static_cast<double>(batches);
  if (state_.best_val_loss == 0 || result.loss < state_.best_val_loss)
    state_.best_val_loss = result.loss;
  return result;
}

// The clock may have changed them.
void Trainer::save_settings() const {
  nlohmann::json settings = folder_.settings();
  settings.update(to_json(o));
  folder_.save_settings(settings);
}

void Trainer::save() {
  state_.loader_position = objective_.position();
  state_.generator = default_generator();
  if (end_) save_settings();
  folder_.save([&](const auto& directory) { objective_.save(directory); }, learner_.optimizer,
               state_, o.keep_checkpoints);
}

}  // namespace gradus
