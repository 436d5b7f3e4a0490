// LayerNorm and RMSNorm: loss, and time of a step.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

std::vector<Arm> norm_kinds(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, kind] : norm_names) {
    arms.push_back(small_arm(name, o, [k = kind](GPTConfig& c) { c.norm = k; }));
  }
  return arms;
}

}  // namespace

std::vector<Cell> norm_kind_cells(const ExperimentOptions& o) {
  return arm_cells(norm_kinds(o), o);
}

Finding norm_kind_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> worse = difference(cells, "rms", "layer", "loss", o);
  const std::vector<double> slower = difference(cells, "rms", "layer", "ms", o);
  const Outcome quality = are_below(worse, as_good), time = are_below(slower, 0);
  Finding f{
      .outcome = all_of({quality, time}),
      .sentence = fmt::format(
          "As good (less than {} nats worse): {}; cheaper: {}. RMSNorm less LayerNorm: {} "
          "nats, {} ms a step.",
          as_good, to_text(quality), to_text(time), in_nats(worse), to_text(figure_of(slower), 2)),
      .table = arm_table("norm", norm_kinds(o), cells, o),
      .charts = {arm_chart(norm_kinds(o), cells, o),
                 arm_chart(norm_kinds(o), cells, o, "ms", "milliseconds a step")}};
  add_column(f.table, "ms a step", cells, "ms", 2, o);
  return f;
}

}  // namespace gradus
