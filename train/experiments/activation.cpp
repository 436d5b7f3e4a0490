// Activations of the MLP.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

std::vector<Arm> activations(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, kind] : activation_names) {
    arms.push_back(small_arm(name, o, [k = kind](GPTConfig& c) { c.activation = k; }));
  }
  return arms;
}

}  // namespace

std::vector<Cell> activation_cells(const ExperimentOptions& o) {
  return arm_cells(activations(o), o);
}

Finding activation_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> relu = difference(cells, "relu", "gelu_tanh", "loss", o);
  const std::vector<double> gelu = difference(cells, "gelu_tanh", "swiglu", "loss", o);
  return {.outcome = all_of({are_above(relu), are_above(gelu)}),
          .sentence = fmt::format("ReLU less GELU: {} nats; GELU less SwiGLU: {} nats.",
                                  in_nats(relu), in_nats(gelu)),
          .table = arm_table("activation", activations(o), cells, o),
          .charts = {arm_chart(activations(o), cells, o)}};
}

}  // namespace gradus
