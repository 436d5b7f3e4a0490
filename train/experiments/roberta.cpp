// RoBERTa's changes to BERT's recipe, one by one and together, for the same number of steps.

#include "train/experiments/all.h"
#include "train/experiments/small_bert.h"
#include "train/masked_objective.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

// So few that every one of ten static masks is met about four times, as in BERT's 40 epochs.
constexpr int64_t documents = 1000;

struct Recipe {
  const char* name;
  bool next_sentence, dynamic;
};
constexpr Recipe recipes[] = {{"pairs, static masks", true, false},
                              {"pairs, dynamic masks", true, true},
                              {"no pairs, static masks", false, false},
                              {"no pairs, dynamic masks", false, true}};

ordered_json measured(const Recipe& recipe, uint64_t seed, const ExperimentOptions& o) {
  BERTOptions options = small_bert(o, seed);
  options.next_sentence = recipe.next_sentence;
  options.dynamic = recipe.dynamic;
  manual_seed(seed);
  MaskedObjective objective(options, bert_stories(documents));
  take_steps(options, objective);
  const Objective::Losses held_out = objective.validate(o.quick ? 2 : 0);
  return {{"loss", find_measure(held_out.measures, "mlm_loss").value()},
          {"accuracy", 100 * find_measure(held_out.measures, "mlm_accuracy").value()}};
}

}  // namespace

std::vector<Cell> roberta_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    for (const Recipe& r : recipes) {
      cells.push_back(
          {arm_cell(r.name, seed), [=] { return measured(r, static_cast<uint64_t>(seed), o); }});
    }
  }
  return cells;
}

Finding roberta_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto losses = [&](const char* recipe) { return by_seed(cells, recipe, "loss", o); };
  Finding f{.table = {{"recipe", "masked tokens, nats", "right, %"}}};
  RowChart chart{.title = "masked tokens", .x_label = "nats per held-out masked token", .rows = {}};
  for (const Recipe& r : recipes) {
    f.table.push_back({r.name, to_text(figure_of(losses(r.name)), 3),
                       to_text(figure_of(by_seed(cells, r.name, "accuracy", o)), 1)});
    chart.rows.push_back(row_of(cells, r.name, "loss", o));
  }
  f.charts.push_back(to_svg(chart));
  const std::vector<double> dynamic =
      minus(losses("pairs, static masks"), losses("pairs, dynamic masks"));
  const std::vector<double> no_pairs =
      minus(losses("pairs, dynamic masks"), losses("no pairs, dynamic masks"));
  f.outcome = all_of({are_above(dynamic), are_above(no_pairs)});
  f.sentence = fmt::format(
      "On {} stories read again and again, dynamic masks gain {} nats on masked tokens, and "
      "leaving out the pairs another {}.",
      documents, to_text(figure_of(dynamic), 3), to_text(figure_of(no_pairs), 3));
  return f;
}

}  // namespace gradus
