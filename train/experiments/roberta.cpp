// RoBERTa's changes to BERT's recipe, one by one and together, for the same number of steps. Rows
// of pairs and rows of full sentences are different texts, so that their losses do not compare:
// what decides is how well the model is fine-tuned.

#include "train/experiments/all.h"
#include "train/experiments/small_bert.h"
#include "train/masked_objective.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

// So few that every one of ten static masks is met about four times, as in BERT's 40 epochs.
constexpr int64_t roberta_documents = 1000;
constexpr int64_t ner_labels = 100;

struct Recipe {
  const char* name;
  bool next_sentence, dynamic;
};
constexpr Recipe roberta_recipes[] = {{"pairs, static masks", true, false},
                                      {"pairs, dynamic masks", true, true},
                                      {"no pairs, static masks", false, false},
                                      {"no pairs, dynamic masks", false, true}};

ordered_json measured(const Recipe& recipe, uint64_t seed, const ExperimentOptions& o) {
  BERTOptions options = small_bert(o, seed);
  options.next_sentence = recipe.next_sentence;
  options.dynamic = recipe.dynamic;
  manual_seed(seed);
  MaskedObjective objective(options, bert_stories(roberta_documents));
  take_steps(options, objective);
  return {{"f1", names_f1(&objective.model(), options.model, ner_labels, seed, o)}};
}

}  // namespace

std::vector<Cell> roberta_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    for (const Recipe& r : roberta_recipes) {
      cells.push_back(
          {arm_cell(r.name, seed), [=] { return measured(r, static_cast<uint64_t>(seed), o); }});
    }
  }
  return cells;
}

Finding roberta_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto f1 = [&](const char* recipe) { return by_seed(cells, recipe, "f1", o); };
  Finding f{.table = {{"recipe", "names, F1 %"}}};
  RowChart chart{.title = "names found after fine-tuning",
                 .x_label = fmt::format("F1 of entities, %, from {} labels", ner_labels),
                 .rows = {}};
  for (const Recipe& r : roberta_recipes) {
    f.table.push_back({r.name, to_text(figure_of(f1(r.name)), 1)});
    chart.rows.push_back(row_of(cells, r.name, "f1", o));
  }
  f.charts.push_back(to_svg(chart));
  const std::vector<double> dynamic = minus(f1("pairs, dynamic masks"), f1("pairs, static masks"));
  const std::vector<double> no_pairs =
      minus(f1("no pairs, dynamic masks"), f1("pairs, dynamic masks"));
  f.outcome = all_of({are_above(dynamic), are_above(no_pairs)});
  f.sentence = fmt::format(
      "Pre-trained on {} stories read again and again, then on {} labelled sentences: dynamic "
      "masks "
      "gain {} points of F1, leaving out the pairs another {}.",
      roberta_documents, ner_labels, to_text(figure_of(dynamic), 1),
      to_text(figure_of(no_pairs), 1));
  return f;
}

}  // namespace gradus
