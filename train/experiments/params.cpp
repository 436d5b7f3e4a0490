// What GPT-2's parameters are, in its four sizes; none of them is allocated.

#include "autograd/mode.h"
#include "nn/summary.h"
#include "train/experiments/all.h"
#include "train/presets.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr const char* sizes[] = {"gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"};

ordered_json counts(const std::string& preset) {
  const MetaMode no_memory;
  const GPT model(find_preset(preset).model);
  ordered_json figures{{"total", model.num_parameters()}};
  for (const ParameterGroup& g : parameter_groups(model)) figures[g.kind] = g.count;
  int64_t weights = 0, biases = 0;  // of the norms
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.name.find("ln_") == std::string::npos) continue;
    (p.name.ends_with("bias") ? biases : weights) += p.tensor.numel();
  }
  figures["norm weights"] = weights;
  figures["norm biases"] = biases;
  return figures;
}

double count(const Cells& cells, const char* size, const char* what) {
  return cells.at(size).at(what).get<double>();
}

double share(const Cells& cells, const char* size, const char* what) {
  return 100 * count(cells, size, what) / count(cells, size, "total");
}

}  // namespace

std::vector<Cell> params_cells(const ExperimentOptions&) {
  std::vector<Cell> cells;
  for (const char* size : sizes) cells.push_back({size, [size] { return counts(size); }});
  return cells;
}

Finding params_finding(const Cells& cells, const ExperimentOptions&) {
  Finding f{.table = {{"model", "parameters", "attention %", "MLP %", "embeddings %",
                       "MLP / attention"}}};
  RowChart chart{.title = "share of attention and MLP",
                 .x_label = "% of the parameters",
                 .rows = {},
                 .from_zero = true};
  bool twice = true, growing = true;
  double attention_before = 0, mlp_before = 0;
  for (const char* size : sizes) {
    const double attention = share(cells, size, "attention"), mlp = share(cells, size, "MLP");
    const double ratio = mlp / attention;
    twice = twice && ratio > 1.9 && ratio < 2.1;
    growing = growing && attention > attention_before && mlp > mlp_before;
    attention_before = attention;
    mlp_before = mlp;
    f.table.push_back({size, fmt::format("{:.0f}", count(cells, size, "total")),
                       fmt::format("{:.2f}", attention), fmt::format("{:.2f}", mlp),
                       fmt::format("{:.2f}", share(cells, size, "embedding")),
                       fmt::format("{:.3f}", ratio)});
    chart.rows.push_back({fmt::format("{}, attention", size), {attention}});
    chart.rows.push_back({fmt::format("{}, MLP", size), {mlp}});
  }
  f.charts.push_back(to_svg(chart));
  f.outcome = twice && growing ? Outcome::holds : Outcome::does_not_hold;
  f.sentence = fmt::format(
      "From small to XL attention goes from {:.1f} to {:.1f} % and the MLPs from {:.1f} to {:.1f} "
      "%, which is {:.3f} times attention's.",
      share(cells, sizes[0], "attention"), attention_before, share(cells, sizes[0], "MLP"),
      mlp_before, mlp_before / attention_before);
  return f;
}

Finding params_norms_finding(const Cells& cells, const ExperimentOptions&) {
  Finding f{.table = {{"model", "weights of norms", "biases of norms", "% of the parameters"}}};
  RowChart chart{.title = "share of the norms",
                 .x_label = "% of the parameters",
                 .rows = {},
                 .from_zero = true};
  bool below = true;
  for (const char* size : sizes) {
    below = below && share(cells, size, "norm") < 0.01;
    f.table.push_back({size, fmt::format("{:.0f}", count(cells, size, "norm weights")),
                       fmt::format("{:.0f}", count(cells, size, "norm biases")),
                       fmt::format("{:.4f}", share(cells, size, "norm"))});
    chart.rows.push_back({size, {share(cells, size, "norm")}});
  }
  f.charts.push_back(to_svg(chart));
  f.outcome = below ? Outcome::holds : Outcome::does_not_hold;
  f.sentence = fmt::format(
      "It is {:.4f} % in the small model and {:.4f} % in XL, half of it weights and half biases.",
      share(cells, sizes[0], "norm"), share(cells, sizes[3], "norm"));
  return f;
}

}  // namespace gradus
