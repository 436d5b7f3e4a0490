// Embedding and head as one matrix, or as two.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

std::vector<Arm> tyings(const ExperimentOptions& o) {
  return {small_arm("tied", o, [](GPTConfig&) {}),
          small_arm("untied", o, [](GPTConfig& c) { c.tie_weights = false; })};
}

}  // namespace

std::vector<Cell> tying_cells(const ExperimentOptions& o) { return arm_cells(tyings(o), o); }

Finding tying_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> worse = difference(cells, "tied", "untied", "loss", o);
  const Figure saved = figure_of(difference(cells, "untied", "tied", "parameters", o));
  return {.outcome = are_below(worse, as_good),
          .sentence = fmt::format(
              "Tied less untied: {} nats, with {:.0f} parameters fewer (as good: less than {} nats "
              "worse).",
              in_nats(worse), saved.mean, as_good),
          .table = arm_table("head", tyings(o), cells, o),
          .charts = {arm_chart(tyings(o), cells, o)}};
}

}  // namespace gradus
