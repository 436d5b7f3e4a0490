// Where the norm stands in a deep stack, with and without warm-up.

#include <algorithm>
#include <cmath>

#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

// Deep and narrow, so that a minute is enough for 12 blocks. A smaller rate than the others', with
// which post-norm learns at all.
std::vector<Arm> placements(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const auto& [name, placement] : placement_names) {
    for (const bool warm : {true, false}) {
      Arm a = small_arm(fmt::format("{}, {} warm-up", name, warm ? "with" : "no"), o,
                        [&o, p = placement](GPTConfig& c) {
                          c.placement = p;
                          c.n_layer = o.quick ? 4 : 12;
                          c.n_embd = 64;
                          c.init_std = real(0.02);
                        });
      a.run.how.lr = real(5e-4);
      if (!warm) a.run.how.warmup_steps = 0;
      arms.push_back(a);
    }
  }
  return arms;
}

std::string first_gradients(const char* placement, int64_t seed) {
  return arm_cell(fmt::format("{}, first gradients", placement), seed);
}

// Norms of the gradients of every block's last matrix before the first step (Xiong et al. 2020,
// figure 3).
nlohmann::ordered_json measure_first_gradients(const SmallRun& run, int64_t seed) {
  manual_seed(static_cast<uint64_t>(seed));
  const GPT model(run.model);
  const auto [ids, targets] = held_out_batch(run.batch_size, run.sequence);
  model.loss(ids, targets).backward();
  std::vector<double> norms;
  for (const Block& block : model.h) {
    const Tensor g = block.mlp.c_proj.weight->grad();
    norms.push_back(std::sqrt(static_cast<double>(sum(g * g).item())));
  }
  return {{"norms", norms}};
}

Chart gradients_chart(const Cells& cells, const ExperimentOptions& o) {
  Chart chart{.title = "gradients before the first step",
              .x_label = "block",
              .y_label = "gradient norm of mlp.c_proj",
              .series = {},
              .from_zero = true};
  for (const auto& [name, placement] : placement_names) {
    Series series{name, hue(chart.series.size()), {}, true};
    const auto norms = cells.at(first_gradients(name, 0)).at("norms").get<std::vector<double>>();
    for (size_t l = 0; l < norms.size(); ++l) {
      double sum = 0;
      for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
        sum += cells.at(first_gradients(name, seed)).at("norms").at(l).get<double>();
      }
      series.points.push_back({static_cast<double>(l + 1), sum / static_cast<double>(seeds_of(o))});
    }
    chart.series.push_back(series);
  }
  return chart;
}

}  // namespace

std::vector<Cell> norm_placement_cells(const ExperimentOptions& o) {
  const std::vector<Arm> arms = placements(o);
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    for (const auto& [name, placement] : placement_names) {
      const Arm& arm = *std::find_if(arms.begin(), arms.end(), [p = placement](const Arm& a) {
        return a.run.model.placement == p;
      });
      cells.push_back({first_gradients(name, seed),
                       [run = arm.run, seed] { return measure_first_gradients(run, seed); }});
    }
  }
  const std::vector<Cell> trained = arm_cells(arms, o);
  cells.insert(cells.end(), trained.begin(), trained.end());
  return cells;
}

// The claim is about warm-up: that post-norm loses more without it than pre-norm does, and is then
// worse.
Finding norm_placement_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> post =
      difference(cells, "post, no warm-up", "post, with warm-up", "loss", o);
  const std::vector<double> pre =
      difference(cells, "pre, no warm-up", "pre, with warm-up", "loss", o);
  const std::vector<double> behind =
      difference(cells, "post, with warm-up", "pre, with warm-up", "loss", o);
  const std::vector<double> cold =
      difference(cells, "post, no warm-up", "pre, no warm-up", "loss", o);
  return {.outcome = all_of({are_above(minus(post, pre)), are_above(cold)}),
          .sentence = fmt::format(
              "Leaving out the warm-up adds {} nats to post-norm's loss and {} to pre-norm's; with "
              "it post-norm's is {} higher.",
              in_nats(post), in_nats(pre), in_nats(behind)),
          .table = arm_table("placement", placements(o), cells, o),
          .charts = {arm_chart(placements(o), cells, o), to_svg(gradients_chart(cells, o))}};
}

}  // namespace gradus
