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
    const auto figure = [&](const char* name) {
      return figure_of(by_seed(cells, a.name, name, o));
    };
    table.push_back({a.name, to_text(figure("loss"), 3), to_text(figure("ms"), 1),
                     to_text(figure("parameters"), 0)});
  }
  return table;
}

// How much one arm is above another, seed by seed.
std::vector<double> difference(const Cells& cells, const char* a, const char* b, const char* what,
                               const ExperimentOptions& o) {
  return minus(by_seed(cells, a, what, o), by_seed(cells, b, what, o));
}
std::string in_nats(const std::vector<double>& values) { return to_text(figure_of(values), 3); }

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

// Deep and narrow, so that a minute is enough for 12 blocks. A smaller rate than the others', with
// which post-norm learns at all.
std::vector<Arm> placements(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, placement] : placement_names) {
    for (const bool warm : {true, false}) {
      Arm a = arm(fmt::format("{}, {} warm-up", name, warm ? "with" : "no"), o,
                  [&o, p = placement](GPTConfig& c) {
                    c.placement = p;
                    c.n_layer = o.quick ? 4 : 12;
                    c.n_embd = 64;
                    c.init_std = real(0.02);
                  });
      a.run.lr = real(5e-4);
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
  const std::vector<double> worse = difference(cells, "rms", "layer", "loss", o);
  const std::vector<double> slower = difference(cells, "rms", "layer", "ms", o);
  return {.outcome = all_of({are_below(worse, as_good), are_below(slower, 0)}),
          .sentence = fmt::format(
              "RMSNorm less LayerNorm: {} nats, {} ms a step (as good: less than {} nats worse).",
              in_nats(worse), to_text(figure_of(slower), 2), as_good),
          .table = table_of("norm", norm_kinds(o), cells, o)};
}

std::vector<Cell> activation_cells(const ExperimentOptions& o) {
  return arm_cells(activations(o), o);
}

Finding activation_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> relu = difference(cells, "relu", "gelu_tanh", "loss", o);
  const std::vector<double> gelu = difference(cells, "gelu_tanh", "swiglu", "loss", o);
  return {.outcome = all_of({are_above(relu), are_above(gelu)}),
          .sentence = fmt::format("ReLU less GELU: {} nats; GELU less SwiGLU: {} nats.",
                                  in_nats(relu), in_nats(gelu)),
          .table = table_of("activation", activations(o), cells, o)};
}

std::vector<Cell> tying_cells(const ExperimentOptions& o) { return arm_cells(tyings(o), o); }

Finding tying_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> worse = difference(cells, "tied", "untied", "loss", o);
  const Figure saved = figure_of(difference(cells, "untied", "tied", "parameters", o));
  return {.outcome = are_below(worse, as_good),
          .sentence = fmt::format(
              "Tied less untied: {} nats, with {:.0f} parameters fewer (as good: less than {} nats "
              "worse).",
              in_nats(worse), saved.mean, as_good),
          .table = table_of("head", tyings(o), cells, o)};
}

std::vector<Cell> kv_heads_cells(const ExperimentOptions& o) {
  return arm_cells(key_heads(o), o, [](const GPT& model, nlohmann::ordered_json& figures) {
    figures["cache_bytes"] = cache_bytes(model.config);
  });
}

Finding kv_heads_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> grouped = difference(cells, "2 of 4", "4 of 4", "loss", o);
  const std::vector<double> one = difference(cells, "1 of 4", "4 of 4", "loss", o);
  Finding f{.outcome = all_of({are_below(grouped, as_good), are_above(minus(one, grouped))}),
            .sentence = fmt::format(
                "Against four heads of keys and values two lose {} nats and one {} (most of the "
                "quality: less than {}); the cache shrinks to a half and a quarter.",
                in_nats(grouped), in_nats(one), as_good),
            .table = table_of("key/value heads", key_heads(o), cells, o)};
  f.table[0].push_back("cache bytes a token");
  for (size_t i = 1; i < f.table.size(); ++i) {
    const std::vector<double> bytes = by_seed(cells, f.table[i][0], "cache_bytes", o);
    f.table[i].push_back(to_text(figure_of(bytes), 0));
  }
  return f;
}

std::vector<Cell> norm_placement_cells(const ExperimentOptions& o) {
  return arm_cells(placements(o), o);
}

// The claim is about warm-up: that post-norm loses more without it than pre-norm does.
Finding norm_placement_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> post =
      difference(cells, "post, no warm-up", "post, with warm-up", "loss", o);
  const std::vector<double> pre =
      difference(cells, "pre, no warm-up", "pre, with warm-up", "loss", o);
  const std::vector<double> behind =
      difference(cells, "post, with warm-up", "pre, with warm-up", "loss", o);
  return {.outcome = are_above(minus(post, pre)),
          .sentence = fmt::format(
              "Without warm-up post-norm loses {} nats and pre-norm {}; with it post-norm is {} "
              "behind.",
              in_nats(post), in_nats(pre), in_nats(behind)),
          .table = table_of("placement", placements(o), cells, o)};
}

}  // namespace gradus
