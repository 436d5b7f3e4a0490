#include "train/distill_comparison.h"

#include <algorithm>
#include <chrono>

#include "autograd/mode.h"

namespace gradus {
namespace {

int64_t layer_parameters(const BERTForPreTraining& model) {
  int64_t count = 0;
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.name.starts_with("bert.h.")) count += p.tensor.numel();
  }
  return count;
}

double seconds_of_forward(const BERTForPreTraining& model, const MaskedBatch& batch) {
  const auto start = std::chrono::steady_clock::now();
  model.bert.hidden(batch.ids, batch.types, batch.key_mask);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

}  // namespace

DistillComparison compare(DistillObjective& objective) {
  const EvalMode evaluation;
  const BERTForPreTraining &teacher = objective.teacher(), &student = objective.model();
  const MaskedBatch batch = objective.validation_batch(0);
  constexpr int turns = 21;
  std::vector<double> teacher_seconds, student_seconds;
  for (int i = 0; i < turns; ++i) {
    teacher_seconds.push_back(seconds_of_forward(teacher, batch));
    student_seconds.push_back(seconds_of_forward(student, batch));
  }
  const auto tokens = static_cast<double>(batch.ids.numel());
  const Measures held_out = objective.validate(objective.validation_batches()).measures;
  const auto figures = [&](const BERTForPreTraining& model, const std::vector<double>& seconds,
                           const char* accuracy) {
    return ModelFigures{.parameters = model.num_parameters(),
                        .encoder_parameters = layer_parameters(model),
                        .tokens_per_second = tokens / median(seconds),
                        .accuracy = find_measure(held_out, accuracy).value_or(0)};
  };
  return {.teacher = figures(teacher, teacher_seconds, "teacher_accuracy"),
          .student = figures(student, student_seconds, "mlm_accuracy"),
          .agreement = find_measure(held_out, "agreement").value_or(0)};
}

std::string to_text(const DistillComparison& c) {
  const ModelFigures &t = c.teacher, &s = c.student;
  const auto row = [](const char* what, auto teacher, auto student, const std::string& about) {
    return fmt::format("{:<24}{:>12}{:>12}{}{}\n", what, teacher, student,
                       about.empty() ? "" : "  ", about);
  };
  const auto percent = [](int64_t part, int64_t whole) {
    return fmt::format("{:.0f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
  };
  const auto rounded = [](double x) { return static_cast<int64_t>(x + 0.5); };
  std::string text = row("", "teacher", "student", "");
  text += row("parameters", t.parameters, s.parameters, percent(s.parameters, t.parameters));
  text += row("of them in the layers", t.encoder_parameters, s.encoder_parameters,
              percent(s.encoder_parameters, t.encoder_parameters));
  text += row("tokens/s, forward", rounded(t.tokens_per_second), rounded(s.tokens_per_second),
              fmt::format("{:.2f} times as fast", s.tokens_per_second / t.tokens_per_second));
  const std::string kept =
      t.accuracy > 0 ? fmt::format("keeps {:.1f} % of the teacher's", 100 * s.accuracy / t.accuracy)
                     : "the teacher knows nothing";
  text += row("masked tokens right", fmt::format("{:.2f} %", 100 * t.accuracy),
              fmt::format("{:.2f} %", 100 * s.accuracy), kept);
  text += row("says what teacher says", "", fmt::format("{:.2f} %", 100 * c.agreement), "");
  return text;
}

}  // namespace gradus
