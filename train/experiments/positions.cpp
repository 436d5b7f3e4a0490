// Positions: trained on rows of T tokens, read in rows of up to 8 T.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

constexpr int64_t T = 64;
constexpr int64_t times[] = {1, 2, 4, 8};

std::string at(int64_t factor) { return fmt::format("loss at {}", factor * T); }

std::vector<Arm> arms(const ExperimentOptions& o) {
  std::vector<Arm> all;
  for (const auto& [name, positions] : position_names) {
    GPTConfig model = small_shape();
    model.positions = positions;
    model.block_size = 8 * T;  // a learned table has room for all, and is trained on the first T
    all.push_back({name, small_run(model, o)});
    all.back().run.sequence = T;
  }
  return all;
}

}  // namespace

std::vector<Cell> positions_cells(const ExperimentOptions& o) {
  return arm_cells(arms(o), o, [o](const GPT& model, nlohmann::ordered_json& figures) {
    for (const int64_t factor : times) figures[at(factor)] = held_out_loss(model, factor * T, o);
  });
}

// More context than in training should cost nothing: what a model loses at 8 T against T is its
// positions' doing.
Finding positions_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = {{"positions"}}};
  for (const int64_t factor : times) f.table[0].push_back(at(factor));
  Chart chart{.title = fmt::format("loss in longer rows than the {} tokens of training", T),
              .x_label = "tokens of a row",
              .y_label = "nats per token",
              .series = {},
              .log_x = true};
  constexpr const char* css[] = {"plain", "train", "reference", "val"};
  for (const Arm& arm : arms(o)) {
    Series series{arm.name, css[chart.series.size() % 4], {}, true};
    f.table.push_back({arm.name});
    for (const int64_t factor : times) {
      const Figure loss = figure_of(cells, arm.name, at(factor).c_str(), o);
      f.table.back().push_back(to_text(loss, 3));
      series.points.push_back({static_cast<double>(factor * T), loss.mean});
    }
    chart.series.push_back(series);
  }
  f.charts.push_back(chart);

  const auto lost = [&](const char* arm) {
    return figure_of(cells, arm, at(8).c_str(), o).mean -
           figure_of(cells, arm, at(1).c_str(), o).mean;
  };
  const Figure learned_over_rope = difference_of(cells, "learned", "rope", at(8).c_str(), o);
  const Figure rope_over_alibi = difference_of(cells, "rope", "alibi", at(8).c_str(), o);
  const Outcome first = is_above_zero(learned_over_rope, o),
                second = is_above_zero(rope_over_alibi, o);
  f.outcome = first == second ? first : Outcome::inconclusive;
  f.sentence = fmt::format(
      "At eight times the length learned positions lose {:+.2f} nats, RoPE {:+.2f}, ALiBi {:+.2f} "
      "(against the length of training); learned less RoPE there {}, RoPE less ALiBi {}.",
      lost("learned"), lost("rope"), lost("alibi"), to_text(learned_over_rope, 3),
      to_text(rope_over_alibi, 3));
  return f;
}

}  // namespace gradus
