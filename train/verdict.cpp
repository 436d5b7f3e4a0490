#include "train/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

constexpr size_t smooth = 50;         // steps in a smoothed loss
constexpr size_t enough_steps = 100;  // fewer say nothing

struct Curves {
  explicit Curves(const RunFacts& facts) : f(facts) {
    const auto& m = f.metrics;
    for (size_t end = smooth; end <= m.size(); end += smooth) {
      train.push_back(smoothed_loss(m, end, smooth));
    }
    for (const StepMetrics& step : m) {
      if (step.val_loss) val.push_back(*step.val_loss);
    }
  }

  const RunFacts& f;
  std::vector<double> train;  // smoothed, one for every `smooth` steps
  std::vector<double> val;

  size_t steps() const { return f.metrics.size(); }
  double first_train() const { return train.front(); }
  double last_train() const { return train.back(); }
  double best_train() const { return *std::min_element(train.begin(), train.end()); }
  double best_val() const { return *std::min_element(val.begin(), val.end()); }
  /// What the model is judged by: the last validation, or the smoothed training loss before one.
  double loss() const {
    return val.empty() ? smoothed_loss(f.metrics, steps(), smooth) : val.back();
  }
  /// How often the text has been read.
  double epochs() const {
    return static_cast<double>(f.metrics.back().step * f.tokens_per_step) /
           static_cast<double>(std::max<int64_t>(1, f.train_tokens));
  }
  double progress() const {
    return static_cast<double>(f.metrics.back().step) /
           static_cast<double>(std::max<int64_t>(1, f.planned_steps));
  }
};

using Remark = std::optional<std::string>;

std::string stage(double loss, const Baselines& b) {
  if (!(loss < b.uniform)) {
    return fmt::format(
        "It does no better than guessing: {:.3f} nats per token, where {:.3f} means that every "
        "token is as likely as any other.",
        loss, b.uniform);
  }
  if (loss > b.unigram) {
    return fmt::format(
        "It is learning how often each token occurs: {:.3f} nats per token, on the way from {:.3f} "
        "(guessing) to {:.3f} (knowing the frequencies).",
        loss, b.uniform, b.unigram);
  }
  if (loss > b.bigram) {
    return fmt::format(
        "It knows how often each token occurs and is learning which one follows which: {:.3f} nats "
        "per token, between {:.3f} (frequencies) and {:.3f} (pairs).",
        loss, b.unigram, b.bigram);
  }
  return fmt::format(
      "It uses more than the token before: {:.3f} nats per token, {:.0f} % below what counting "
      "pairs of tokens gives ({:.3f}).",
      loss, 100 * (1 - loss / b.bigram), b.bigram);
}

std::string hesitation(double loss) {
  return fmt::format(
      "It hesitates as if between {:.1f} equally likely tokens (its perplexity, e to the loss).",
      std::exp(loss));
}

Remark distance_to_floor(double loss, std::optional<double> floor) {
  if (!floor) return {};
  return fmt::format(
      "The text itself holds {:.3f} nats of chance per token, which no model can predict; this one "
      "is {:.1f} % above that floor.",
      *floor, 100 * (loss / *floor - 1));
}

Remark diverging(const Curves& c) {
  if (c.last_train() < c.best_train() + 0.1 * std::max(0.1, c.first_train() - c.best_train()) ||
      c.last_train() < 1.05 * c.best_train()) {
    return {};
  }
  return fmt::format(
      "The training loss has risen from {:.3f} to {:.3f}: the run is diverging. Try a learning "
      "rate "
      "three times smaller, or a longer warm-up.",
      c.best_train(), c.last_train());
}

Remark over_fitting(const Curves& c) {
  if (c.val.size() < 3 || c.val.back() < 1.02 * c.best_val() ||
      c.last_train() > 0.95 * c.val.back()) {
    return {};
  }
  return fmt::format(
      "The validation loss has risen from its best, {:.3f}, to {:.3f}, while the training loss is "
      "{:.3f}: the model learns the text by heart. Stop earlier, add dropout, or take more text.",
      c.best_val(), c.val.back(), c.last_train());
}

// The last third of the validations brought next to nothing.
Remark plateau(const Curves& c) {
  if (c.val.size() < 6) return {};
  const auto last_third = c.val.end() - static_cast<std::ptrdiff_t>(c.val.size() / 3);
  const double before = *std::min_element(c.val.begin(), last_third);
  const double lately = *std::min_element(last_third, c.val.end());
  const bool at_floor = c.f.floor && lately < 1.05 * *c.f.floor;
  if (lately < 0.998 * before || at_floor || c.val.back() > 1.02 * before) return {};
  return fmt::format(
      "The validation loss stands still at {:.3f}: more steps of this kind will not help. A larger "
      "model, more context or another learning rate might.",
      lately);
}

// After a quarter of the steps a network should know the frequencies.
Remark slow_start(const Curves& c) {
  if (c.progress() < 0.25 || c.last_train() < c.f.baselines.unigram) return {};
  const size_t middle = c.train.size() / 2;
  const bool falling = c.last_train() < c.train[middle] - 0.01;
  if (falling) {
    return fmt::format(
        "After {:.0f} % of the steps the loss ({:.3f}) is still above the frequencies' ({:.3f}), "
        "and "
        "it falls steadily: the learning rate looks too low. Try three times as much.",
        100 * c.progress(), c.last_train(), c.f.baselines.unigram);
  }
  return fmt::format(
      "After {:.0f} % of the steps the loss ({:.3f}) is still above the frequencies' ({:.3f}), and "
      "it does not fall: the learning rate looks too high. Try a third of it.",
      100 * c.progress(), c.last_train(), c.f.baselines.unigram);
}

// Nearly every step is clipped far down: its size has nothing to do with the gradient's.
Remark always_clipped(const Curves& c) {
  if (c.f.clip <= 0) return {};
  std::vector<double> norms;
  for (size_t i = c.steps() / 2; i < c.steps(); ++i) norms.push_back(c.f.metrics[i].grad_norm);
  const auto middle = norms.begin() + static_cast<std::ptrdiff_t>(norms.size() / 2);
  std::nth_element(norms.begin(), middle, norms.end());
  if (*middle < 10 * c.f.clip) return {};
  return fmt::format(
      "The gradient's norm is {:.1f} in half of the steps, and is cut to {:g}: the learning rate "
      "looks too high, or the batch too small.",
      *middle, c.f.clip);
}

Remark little_text(const Curves& c) {
  const bool memorised = !c.val.empty() && c.last_train() < 0.9 * c.val.back();
  if (c.epochs() < 10 || !memorised) return {};
  return fmt::format(
      "The text has been read {:.0f} times: it is too small for so many steps. More text would "
      "help "
      "more than more training.",
      c.epochs());
}

}  // namespace

double smoothed_loss(const std::vector<StepMetrics>& metrics, size_t end, size_t count) {
  const size_t first = end > count ? end - count : 0;
  if (end == first) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (size_t i = first; i < end; ++i) sum += metrics[i].loss;
  return sum / static_cast<double>(end - first);
}

Verdict judge(const RunFacts& facts) {
  Verdict verdict;
  if (facts.metrics.empty()) return verdict;
  const Curves curves(facts);
  const double loss = curves.loss();
  verdict.learned = {stage(loss, facts.baselines), hesitation(loss)};
  if (const Remark floor = distance_to_floor(loss, facts.floor)) verdict.learned.push_back(*floor);
  if (facts.metrics.size() < enough_steps) return verdict;
  for (const auto finding :
       {diverging, over_fitting, plateau, slow_start, always_clipped, little_text}) {
    if (const Remark found = finding(curves)) verdict.warnings.push_back(*found);
  }
  return verdict;
}

}  // namespace gradus
