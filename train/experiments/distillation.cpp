// A teacher, a student of half its layers, and the same small network without a teacher.

#include "train/distill_comparison.h"
#include "train/experiments/all.h"
#include "train/experiments/small_bert.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

BERTForPreTraining copy_of(const BERTForPreTraining& model) {
  BERTForPreTraining copy(model.config(), model.predicts_next_sentence());
  const NoGrad guard;
  for (NamedTensor& p : copy.named_parameters()) p.tensor.copy_(model.find(p.name));
  return copy;
}

// The student learns by the recipe of the network without a teacher, but begins with one of the
// teacher's layers, as DistilBERT.
DistillOptions student_options(const BERTOptions& teacher) {
  DistillOptions options = distill_options_for(teacher.model, teacher.next_sentence);
  options.data = teacher.data;
  options.seed = teacher.seed;
  options.model.n_layer = 1;
  options.sequence_length = teacher.sequence_length;
  options.batch_size = teacher.batch_size;
  options.masking = teacher.masking;
  options.steps = teacher.steps;
  options.schedule = teacher.schedule;
  options.eps = teacher.eps;
  options.clip = teacher.clip;
  return options;
}

ordered_json figures_json(const ModelFigures& f) {
  return {{"parameters", f.parameters},
          {"layer_parameters", f.encoder_parameters},
          {"tokens_per_second", f.tokens_per_second},
          {"accuracy", 100 * f.accuracy}};
}

ordered_json measured(uint64_t seed, const ExperimentOptions& o) {
  const BERTOptions options = small_bert(o, seed);
  const PretrainingCorpus corpus = bert_stories();
  manual_seed(seed);
  MaskedObjective teacher(options, corpus);
  take_steps(options, teacher);
  BERTOptions alone = options;
  alone.model.n_layer = 1;
  MaskedObjective scratch(alone, corpus);
  take_steps(alone, scratch);
  DistillObjective student(student_options(options), corpus, copy_of(teacher.model()));
  take_steps(student_options(options), student);
  const DistillComparison c = compare(student);
  const Measures scratch_measures = scratch.validate(scratch.validation_batches()).measures;
  return {{"teacher", figures_json(c.teacher)},
          {"student", figures_json(c.student)},
          {"scratch", {{"accuracy", 100 * find_measure(scratch_measures, "mlm_accuracy").value()}}},
          {"kept", 100 * c.student.accuracy / c.teacher.accuracy},
          {"gained",
           100 * (c.student.accuracy - find_measure(scratch_measures, "mlm_accuracy").value())},
          {"speed", c.student.tokens_per_second / c.teacher.tokens_per_second}};
}

}  // namespace

std::vector<Cell> distillation_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
    cells.push_back({arm_cell("teacher and students", seed),
                     [=] { return measured(static_cast<uint64_t>(seed), o); }});
  }
  return cells;
}

Finding distillation_finding(const Cells& cells, const ExperimentOptions& o) {
  const auto figures = [&](const char* what) {
    return by_seed(cells, "teacher and students", what, o);
  };
  const auto accuracies = [&](const char* who) {
    ValueRow row{who, {}};
    for (int64_t seed = 0; seed < seeds_of(o); ++seed) {
      const ordered_json& cell = cells.at(arm_cell("teacher and students", seed));
      row.values.push_back(cell.at(who).at("accuracy").get<double>());
    }
    return row;
  };
  RowChart chart{.title = "masked tokens right",
                 .x_label = "% of the held-out masked tokens",
                 .rows = {accuracies("teacher"), accuracies("student"), accuracies("scratch")}};
  const ordered_json& first = cells.at(arm_cell("teacher and students", 0));
  const double share = 100.0 * first.at("student").at("layer_parameters").get<double>() /
                       first.at("teacher").at("layer_parameters").get<double>();
  const double all = 100.0 * first.at("student").at("parameters").get<double>() /
                     first.at("teacher").at("parameters").get<double>();
  const std::vector<double> ahead =
      minus(accuracies("teacher").values, accuracies("scratch").values);
  // To be as good as a teacher who knows no more than the small network alone says nothing.
  Finding f{.outcome = all_of({are_above(ahead), are_above(figures("kept"), 97),
                               are_above(figures("speed"), 1.6), are_above(figures("gained"))}),
            .sentence = fmt::format(
                "The student, which begins with one of its layers, keeps {} % of the teacher's "
                "share of masked tokens, {} points more "
                "than the same network alone, at {} times the speed, with {:.0f} % of the layers' "
                "parameters ({:.0f} % of all). The teacher is {} points ahead of that network.",
                to_text(figure_of(figures("kept")), 1), to_text(figure_of(figures("gained")), 1),
                to_text(figure_of(figures("speed")), 2), share, all, to_text(figure_of(ahead), 1)),
            .table = {{"network", "layers", "masked tokens right, %"}},
            .charts = {to_svg(chart)}};
  const char* const layers[] = {"2", "1", "1"};
  for (size_t i = 0; i < chart.rows.size(); ++i) {
    f.table.push_back(
        {chart.rows[i].label, layers[i], to_text(figure_of(chart.rows[i].values), 1)});
  }
  return f;
}

}  // namespace gradus
