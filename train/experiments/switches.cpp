// One switch each: what it does to the loss and to the time of a step.

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

template <class Change>
Arm arm(const std::string& name, const ExperimentOptions& o, Change change) {
  GPTConfig model = small_shape();
  change(model);
  return {name, small_run(model, o)};
}

// A row for each arm: loss, time, parameters.
std::vector<std::vector<std::string>> table_of(const char* what, const std::vector<Arm>& arms,
                                               const Cells& cells, const ExperimentOptions& o) {
  std::vector<std::vector<std::string>> table{{what, "loss", "ms a step", "parameters"}};
  for (const Arm& a : arms) {
    table.push_back({a.name, to_text(figure_of(cells, a.name, "loss", o), 3),
                     to_text(figure_of(cells, a.name, "ms", o), 1),
                     fmt::format("{:.0f}", figure_of(cells, a.name, "parameters", o).mean)});
  }
  return table;
}

// Nats that a may be worse than b and still be called as good.
constexpr double as_good = 0.02;

std::vector<Arm> norm_kinds(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, kind] : norm_names) {
    arms.push_back(arm(name, o, [k = kind](GPTConfig& c) { c.norm = k; }));
  }
  return arms;
}

std::vector<Arm> activations(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, kind] : activation_names) {
    arms.push_back(arm(name, o, [k = kind](GPTConfig& c) { c.activation = k; }));
  }
  return arms;
}

std::vector<Arm> tyings(const ExperimentOptions& o) {
  return {arm("tied", o, [](GPTConfig&) {}),
          arm("untied", o, [](GPTConfig& c) { c.tie_weights = false; })};
}

std::vector<Arm> key_heads(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const int64_t heads : {4, 2, 1}) {
    arms.push_back(
        arm(fmt::format("{} of 4", heads), o, [=](GPTConfig& c) { c.kv_heads = heads; }));
  }
  return arms;
}

// Bytes that generation keeps of each token.
double cache_bytes(const GPTConfig& c) {
  const BlockConfig b = c.block();
  return static_cast<double>(2 * c.n_layer * b.num_kv_heads() * b.head_size()) * sizeof(real);
}

// Deep and narrow, so that a minute is enough for 12 blocks.
std::vector<Arm> placements(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, placement] : placement_names) {
    for (const bool warm : {true, false}) {
      Arm a = arm(fmt::format("{}, {} warm-up", name, warm ? "with" : "no"), o,
                  [p = placement](GPTConfig& c) {
                    c.placement = p;
                    c.n_layer = 12;
                    c.n_embd = 64;
                    c.init_std = real(0.02);
                  });
      if (!warm) a.run.warmup_steps = 0;
      arms.push_back(a);
    }
  }
  return arms;
}

}  // namespace

std::vector<Cell> norm_kind_cells(const ExperimentOptions& o) {
  return arm_cells(norm_kinds(o), o);
}

Finding norm_kind_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = table_of("norm", norm_kinds(o), cells, o)};
  const Figure worse = difference_of(cells, "rms", "layer", "loss", o);
  const Figure slower = difference_of(cells, "rms", "layer", "ms", o);
  const bool good = worse.mean < as_good, cheaper = slower.mean < 0;
  f.outcome = o.seeds < 3       ? Outcome::inconclusive
              : good && cheaper ? Outcome::holds
              : !good           ? Outcome::does_not_hold
                                : Outcome::inconclusive;
  f.sentence = fmt::format(
      "RMSNorm less LayerNorm: {} nats, {} ms a step (equal quality is less than {} nats worse).",
      to_text(worse, 3), to_text(slower, 2), as_good);
  return f;
}

std::vector<Cell> activation_cells(const ExperimentOptions& o) {
  return arm_cells(activations(o), o);
}

Finding activation_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = table_of("activation", activations(o), cells, o)};
  const Figure relu = difference_of(cells, "relu", "gelu_tanh", "loss", o);
  const Figure gelu = difference_of(cells, "gelu_tanh", "swiglu", "loss", o);
  const Outcome first = is_above_zero(relu, o), second = is_above_zero(gelu, o);
  f.outcome = first == second ? first : Outcome::inconclusive;
  f.sentence = fmt::format("ReLU less GELU: {} nats; GELU less SwiGLU: {} nats.", to_text(relu, 3),
                           to_text(gelu, 3));
  return f;
}

std::vector<Cell> tying_cells(const ExperimentOptions& o) { return arm_cells(tyings(o), o); }

Finding tying_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = table_of("head", tyings(o), cells, o)};
  const Figure worse = difference_of(cells, "tied", "untied", "loss", o);
  const double saved = figure_of(cells, "untied", "parameters", o).mean -
                       figure_of(cells, "tied", "parameters", o).mean;
  f.outcome = o.seeds < 3            ? Outcome::inconclusive
              : worse.mean < as_good ? Outcome::holds
                                     : Outcome::does_not_hold;
  f.sentence = fmt::format("Tied less untied: {} nats, with {:.0f} parameters fewer.",
                           to_text(worse, 3), saved);
  return f;
}

std::vector<Cell> kv_heads_cells(const ExperimentOptions& o) {
  return arm_cells(key_heads(o), o, [](const GPT& model, nlohmann::ordered_json& figures) {
    figures["cache_bytes"] = cache_bytes(model.config);
  });
}

Finding kv_heads_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = table_of("key/value heads", key_heads(o), cells, o)};
  f.table[0].push_back("cache bytes a token");
  for (size_t i = 1; i < f.table.size(); ++i) {
    f.table[i].push_back(
        fmt::format("{:.0f}", figure_of(cells, f.table[i][0], "cache_bytes", o).mean));
  }
  const Figure grouped = difference_of(cells, "2 of 4", "4 of 4", "loss", o);
  const Figure one = difference_of(cells, "1 of 4", "4 of 4", "loss", o);
  const bool keeps = grouped.mean<as_good, loses_more = one.mean> grouped.mean;
  f.outcome = o.seeds < 3           ? Outcome::inconclusive
              : keeps && loses_more ? Outcome::holds
              : !keeps              ? Outcome::does_not_hold
                                    : Outcome::inconclusive;
  f.sentence = fmt::format(
      "Against four heads of keys and values, two lose {} nats and one {}; the cache shrinks to a "
      "half and a quarter.",
      to_text(grouped, 3), to_text(one, 3));
  return f;
}

std::vector<Cell> norm_placement_cells(const ExperimentOptions& o) {
  return arm_cells(placements(o), o);
}

Finding norm_placement_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = table_of("placement", placements(o), cells, o)};
  const Figure warm = difference_of(cells, "post, with warm-up", "pre, with warm-up", "loss", o);
  const Figure cold = difference_of(cells, "post, no warm-up", "pre, no warm-up", "loss", o);
  const Figure pre = difference_of(cells, "pre, no warm-up", "pre, with warm-up", "loss", o);
  f.outcome = is_above_zero(cold, o);
  f.sentence = fmt::format(
      "12 blocks: without warm-up post-norm is {} nats behind pre-norm, with it {}; pre-norm loses "
      "{} without.",
      to_text(cold, 3), to_text(warm, 3), to_text(pre, 3));
  return f;
}

}  // namespace gradus
