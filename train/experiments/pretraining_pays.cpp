// What pre-training is worth, by number of labels: names in sentences, found by a network that
// began with masked stories and by the same network from random weights.

#include "train/experiments/all.h"
#include "train/experiments/small_bert.h"
#include "train/masked_objective.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr int64_t measured_label_counts[] = {30, 100, 300, 1000};

std::string figure_name(const char* method, int64_t labels) {
  return fmt::format("{}, {} labels", method, labels);
}

ordered_json pretraining_measured(uint64_t seed, const ExperimentOptions& o) {
  const BERTOptions options = small_bert(o, seed);
  manual_seed(seed);
  MaskedObjective objective(options, bert_stories());
  take_steps(options, objective);
  ordered_json figures;
  for (const int64_t labels : measured_label_counts) {
    if (o.quick && labels > 100) continue;
    figures[figure_name("pre-trained", labels)] =
        names_f1(&objective.model(), options.model, labels, seed, o);
    figures[figure_name("from scratch", labels)] =
        names_f1(nullptr, options.model, labels, seed, o);
  }
  return figures;
}

constexpr const char* one_arm = "small BERT";

}  // namespace

std::vector<Cell> pretraining_pays_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    cells.push_back({arm_cell(one_arm, seed),
                     [=] { return pretraining_measured(static_cast<uint64_t>(seed), o); }});
  }
  return cells;
}

Finding pretraining_pays_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto f1 = [&](const char* method, int64_t labels) {
    return by_seed(cells, one_arm, figure_name(method, labels), o);
  };
  Finding f{.table = {{"labels", "pre-trained, F1 %", "from scratch, F1 %"}}};
  Chart chart{.title = "names found, by number of labels",
              .x_label = "labelled sentences",
              .y_label = "F1 of entities, %",
              .series = {{"pre-trained", hue(0), {}, true}, {"from scratch", hue(1), {}, true}},
              .from_zero = true,
              .log_x = true};
  for (const int64_t labels : measured_label_counts) {
    if (o.quick && labels > 100) continue;
    const Figure pretrained = figure_of(f1("pre-trained", labels)),
                 scratch = figure_of(f1("from scratch", labels));
    f.table.push_back({fmt::format("{}", labels), to_text(pretrained, 1), to_text(scratch, 1)});
    chart.series[0].points.push_back({static_cast<double>(labels), pretrained.mean});
    chart.series[1].points.push_back({static_cast<double>(labels), scratch.mean});
  }
  f.charts.push_back(to_svg(chart));
  const std::vector<double> gain = minus(f1("pre-trained", 30), f1("from scratch", 100));
  f.outcome = are_above(gain);
  f.sentence = fmt::format(
      "With 30 labels the pre-trained network finds names with an F1 of {} %, from scratch with "
      "{} %; with 100 labels from scratch {} %.",
      to_text(figure_of(f1("pre-trained", 30)), 1), to_text(figure_of(f1("from scratch", 30)), 1),
      to_text(figure_of(f1("from scratch", 100)), 1));
  return f;
}

}  // namespace gradus
