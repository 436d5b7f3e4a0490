// Positions: trained on rows of some length, read in rows of up to eight times that.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

constexpr int64_t trained_length = 64;
constexpr int64_t times[] = {1, 2, 4, 8};

std::string at(int64_t factor) { return fmt::format("loss at {}", factor * trained_length); }

std::vector<Arm> arms(const ExperimentOptions& o) {
  std::vector<Arm> all;
  for (const auto& [name, positions] : position_names) {
    GPTConfig model = small_shape();
    model.positions = positions;
    model.block_size = 8 * trained_length;  // a learned table has room for all rows
    all.push_back({name, small_run(model, o)});
    all.back().run.sequence = trained_length;
  }
  return all;
}

}  // namespace

std::vector<Cell> positions_cells(const ExperimentOptions& o) {
  return arm_cells(arms(o), o, [o](const GPT& model, nlohmann::ordered_json& figures) {
    for (const int64_t factor : times)
      figures[at(factor)] = held_out_loss(model, factor * trained_length, o);
  });
}

// More context than in training should cost nothing: what a model loses in the longest rows against
// those of training is its positions' doing.
Finding positions_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = {{"positions"}}};
  for (const int64_t factor : times) f.table[0].push_back(at(factor));
  f.table[0].push_back("lost");
  Chart chart{
      .title = fmt::format("loss in longer rows than the {} tokens of training", trained_length),
      .x_label = "tokens of a row",
      .y_label = "nats per token",
      .series = {},
      .log_x = true};
  const auto lost = [&](const std::string& name) {
    return minus(by_seed(cells, name, at(8), o), by_seed(cells, name, at(1), o));
  };
  for (const Arm& arm : arms(o)) {
    Series series{arm.name, hue(chart.series.size()), {}, true};
    f.table.push_back({arm.name});
    for (const int64_t factor : times) {
      const Figure loss = figure_of(by_seed(cells, arm.name, at(factor), o));
      f.table.back().push_back(to_text(loss, 3));
      series.points.push_back({static_cast<double>(factor * trained_length), loss.mean});
    }
    f.table.back().push_back(to_text(figure_of(lost(arm.name)), 3));
    chart.series.push_back(series);
  }
  f.charts.push_back(to_svg(chart));

  const std::vector<double> learned_over_rope = minus(lost("learned"), lost("rope"));
  const std::vector<double> rope_over_alibi = minus(lost("rope"), lost("alibi"));
  f.outcome = all_of({are_above(learned_over_rope), are_above(rope_over_alibi)});
  f.sentence = fmt::format(
      "At eight times the length of training learned positions lose {} nats, RoPE {}, ALiBi {}.",
      to_text(figure_of(lost("learned")), 3), to_text(figure_of(lost("rope")), 3),
      to_text(figure_of(lost("alibi")), 3));
  return f;
}

}  // namespace gradus
