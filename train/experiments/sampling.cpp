// What the temperature does to the next token, and to texts.

#include <algorithm>
#include <cmath>
#include <set>

#include "autograd/mode.h"
#include "nn/generate.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr double temperatures[] = {0.5, 0.75, 1, 1.25, 1.5, 2};

std::string at(const char* what, double temperature) {
  return fmt::format("{} at {}", what, temperature);
}

std::vector<Arm> sampled_arms(const ExperimentOptions& o) {
  return {{"default", small_run(small_shape(), o)}};
}

// softmax(logits / temperature) of held-out tokens: the mean entropy, and the mean of -log p of the
// tokens that came.
struct Softened {
  double entropy, loss;
};
Softened softened(const Tensor& logits, const Tokens& targets, double temperature) {
  const Tensor log_p = log_softmax(logits / static_cast<real>(temperature), -1);
  const double entropy = -mean(sum(exp(log_p) * log_p, {-1})).item();
  return {entropy, cross_entropy(log_p, targets).item()};
}

// Distinct pairs of neighbours among all of some texts: 1 if none comes twice.
double distinct_pairs(const GPT& model, double temperature, bool quick) {
  const std::vector<std::vector<int32_t>> prompts(quick ? 2 : 16,
                                                  {held_out_batch(1, 1).ids.ids.front()});
  const GenerateOptions options{.max_new_tokens = quick ? 20 : 100,
                                .sampling = {.temperature = static_cast<real>(temperature)}};
  std::set<std::pair<int32_t, int32_t>> distinct;
  size_t pairs = 0;
  for (const std::vector<int32_t>& text : generate(model, prompts, options)) {
    for (size_t i = 1; i < text.size(); ++i) distinct.insert({text[i - 1], text[i]});
    pairs += text.size() - 1;
  }
  return static_cast<double>(distinct.size()) / static_cast<double>(pairs);
}

}  // namespace

std::vector<Cell> sampling_cells(const ExperimentOptions& o) {
  return arm_cells(sampled_arms(o), o, [o](const GPT& model, ordered_json& figures) {
    const EvalMode evaluation;
    const auto [ids, targets] = held_out_batch(o.quick ? 16 : 128, 64);
    const Tensor logits = model(ids);
    for (const double t : temperatures) {
      const Softened s = softened(logits, targets, t);
      figures[at("entropy", t)] = s.entropy;
      figures[at("loss", t)] = s.loss;
      figures[at("distinct pairs", t)] = distinct_pairs(model, t, o.quick);
    }
  });
}

Finding sampling_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto values = [&](const char* what, double t) {
    return by_seed(cells, "default", at(what, t), o);
  };
  Finding f{.table = {{"temperature", "entropy, nats", "loss of what came, nats",
                       "distinct pairs of tokens"}}};
  Chart chart{.title = "entropy and loss by temperature",
              .x_label = "temperature",
              .y_label = "nats per token",
              .series = {{"entropy of the next token", hue(0), {}, true},
                         {"loss of the one that came", hue(1), {}, true}},
              .from_zero = true};
  Outcome varied = Outcome::holds, calibrated = Outcome::holds;
  double before = temperatures[0];
  for (const double t : temperatures) {
    const Figure entropy = figure_of(values("entropy", t)), loss = figure_of(values("loss", t));
    f.table.push_back({fmt::format("{}", t), to_text(entropy, 3), to_text(loss, 3),
                       to_text(figure_of(values("distinct pairs", t)), 3)});
    chart.series[0].points.push_back({t, entropy.mean});
    chart.series[1].points.push_back({t, loss.mean});
    if (t > before) {
      varied =
          all_of({varied,
                  are_above(minus(values("distinct pairs", t), values("distinct pairs", before)))});
    }
    if (t != 1)
      calibrated = all_of({calibrated, are_above(minus(values("loss", t), values("loss", 1)))});
    before = t;
  }
  f.charts.push_back(to_svg(chart));
  f.outcome = all_of({varied, calibrated});
  f.sentence = fmt::format(
      "Variety at every step upwards: {}; the lowest loss at 1: {}. From temperature 0.5 to 2 the "
      "share of distinct pairs goes from {} to {}. At 1 the loss of "
      "the tokens that came is {} nats, and the entropy that the model expects {}.",
      to_text(varied), to_text(calibrated), to_text(figure_of(values("distinct pairs", 0.5)), 3),
      to_text(figure_of(values("distinct pairs", 2)), 3), to_text(figure_of(values("loss", 1)), 3),
      to_text(figure_of(values("entropy", 1)), 3));
  return f;
}

}  // namespace gradus
