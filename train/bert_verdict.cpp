// What the curves of a BERT's pre-training say in words.

#include <fmt/format.h>

#include <algorithm>

#include "train/bert_report.h"

namespace gradus {
namespace {

// The mean of a measure over the last fifty steps of the training.
std::optional<double> lately(const std::vector<StepMetrics>& metrics, const std::string& name) {
  double sum = 0;
  int count = 0;
  for (auto m = metrics.rbegin(); m != metrics.rend() && count < 50; ++m) {
    if (const auto value = find_measure(m->measures, name)) sum += *value, ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

// The last value of a measure on what is held out, or in training before there was a validation.
std::optional<double> latest(const std::vector<StepMetrics>& metrics, const std::string& name) {
  for (auto m = metrics.rbegin(); m != metrics.rend(); ++m) {
    if (const auto held_out = find_measure(m->measures, "val_" + name)) return held_out;
  }
  return lately(metrics, name);
}

std::vector<double> held_out_curve(const std::vector<StepMetrics>& metrics,
                                   const std::string& name) {
  std::vector<double> values;
  for (const StepMetrics& m : metrics) {
    if (const auto value = find_measure(m.measures, "val_" + name)) values.push_back(*value);
  }
  return values;
}

double percent(double share) { return 100 * share; }

void tell_masked(const BERTFacts& f, double loss, double accuracy, Verdict& verdict) {
  const MaskedBaselines& b = f.lines.baselines;
  verdict.learned.push_back(
      fmt::format("Masked tokens: {:.3f} nats each, where knowing only how often each token occurs "
                  "gives {:.3f}; {:.1f} % guessed right, where always saying the most frequent one "
                  "gives {:.1f} %.",
                  loss, b.unigram_loss, percent(accuracy), percent(b.unigram_accuracy)));
  if (!f.lines.floor) return;
  verdict.learned.push_back(fmt::format(
      "With the sentence in view {:.3f} nats per token are pure chance; this model is {:.1f} % {} "
      "that floor. With the whole story in view it is {:.3f} nats; the distance is {:.3f}.",
      f.lines.floor->sentence, std::abs(percent(loss / f.lines.floor->sentence - 1)),
      loss >= f.lines.floor->sentence ? "above" : "below", f.lines.floor->story,
      loss - f.lines.floor->story));
}

void tell_kinds(const BERTFacts& f, Verdict& verdict) {
  const auto masked = lately(f.metrics, "masked_accuracy");
  const auto replaced = lately(f.metrics, "replaced_accuracy"),
             kept = lately(f.metrics, "kept_accuracy");
  if (!masked || !replaced || !kept) return;
  verdict.learned.push_back(fmt::format(
      "Of the tokens to predict in training it gets right: behind [MASK] {:.1f} %, behind a random "
      "token {:.1f} %, in plain sight {:.1f} %.",
      percent(*masked), percent(*replaced), percent(*kept)));
}

void tell_next(const BERTFacts& f, double accuracy, Verdict& verdict) {
  verdict.learned.push_back(fmt::format(
      "Next sentences: {:.1f} % judged right, where always giving the more frequent answer gives "
      "{:.1f} %.",
      percent(accuracy), percent(f.lines.baselines.majority_next)));
}

// The pairs are solved, and nothing comes of it for the masks.
bool next_saturated(const BERTFacts& f, double loss, double next_accuracy) {
  const std::vector<double> curve = held_out_curve(f.metrics, "mlm_loss");
  const bool near_frequencies = loss > 0.9 * f.lines.baselines.unigram_loss;
  bool stalls = false;
  if (curve.size() >= 6) {
    const auto last_third = curve.end() - static_cast<std::ptrdiff_t>(curve.size() / 3);
    stalls = *std::min_element(last_third, curve.end()) >
             0.995 * *std::min_element(curve.begin(), last_third);
  }
  const bool at_floor = f.lines.floor && loss < 1.1 * f.lines.floor->sentence;
  return next_accuracy > 0.95 && (near_frequencies || stalls) && !at_floor;
}

// The general findings, about the masked loss.
std::vector<std::string> findings(const BERTFacts& f) {
  RunFacts facts{.metrics = f.metrics,
                 .baselines = {f.lines.uniform, f.lines.baselines.unigram_loss, 0},
                 .planned_steps = f.planned_steps,
                 .tokens_per_step = f.tokens_per_step,
                 .train_tokens = f.lines.train_tokens,
                 .clip = f.clip};
  if (f.lines.floor) facts.floor = f.lines.floor->story;
  for (StepMetrics& m : facts.metrics) {
    m.loss = find_measure(m.measures, "mlm_loss").value_or(m.loss);
    if (m.val_loss) m.val_loss = find_measure(m.measures, "val_mlm_loss").value_or(*m.val_loss);
  }
  return judge(facts).warnings;
}

// Nothing but short rows so far.
Verdict judge_short_rows(const BERTFacts& f) {
  Verdict verdict;
  verdict.learned.push_back(
      fmt::format("The first {} steps read short rows, which say little about whole ones; what it "
                  "knows is judged after them.",
                  f.short_steps));
  if (f.metrics.back().step < f.planned_steps) return verdict;
  verdict.warnings.push_back(
      "All steps were on short rows: it has seen no pairs and no later position. Lower "
      "--short-steps, or train longer.");
  return verdict;
}

}  // namespace

Verdict judge_bert(const BERTFacts& all) {
  BERTFacts f = all;
  std::erase_if(f.metrics, [&](const StepMetrics& m) { return m.step <= all.short_steps; });
  if (f.metrics.empty() && !all.metrics.empty()) return judge_short_rows(all);
  Verdict verdict;
  const auto loss = latest(f.metrics, "mlm_loss"), accuracy = latest(f.metrics, "mlm_accuracy");
  if (!loss || !accuracy) return verdict;
  tell_masked(f, *loss, *accuracy, verdict);
  tell_kinds(f, verdict);
  verdict.warnings = findings(f);
  const auto next = latest(f.metrics, "nsp_accuracy");
  if (!next) return verdict;
  tell_next(f, *next, verdict);
  if (next_saturated(f, *loss, *next)) {
    verdict.warnings.push_back(fmt::format(
        "Next sentences are solved ({:.1f} %) while the loss on masked tokens stands still at "
        "{:.3f}: the pairs are told apart by their topics, and nothing more is learned from them. "
        "Train on masks alone (--next-sentence false), longer, or with a larger model.",
        percent(*next), *loss));
  }
  const double done =
      f.metrics.empty() || f.planned_steps == 0
          ? 0
          : static_cast<double>(f.metrics.back().step) / static_cast<double>(f.planned_steps);
  if (done > 0.5 && *next < f.lines.baselines.majority_next + 0.02) {
    verdict.warnings.push_back(
        fmt::format("After {:.0f} % of the steps next sentences are judged no better than by the "
                    "majority ({:.1f} %): a longer run or a larger learning rate may be needed.",
                    percent(done), percent(f.lines.baselines.majority_next)));
  }
  return verdict;
}

}  // namespace gradus
