#include "train/finetune/text_examples.h"

#include "autograd/ops.h"
#include "data/simple_predictors.h"
#include "tensor/errors.h"

namespace gradus {

Encoding encode_row(const Tokenizer& tokenizer, const LabelledText& row, bool pairs,
                    int64_t max_length) {
  const EncodeOptions options{.max_length = max_length};
  return pairs ? encode_pair(tokenizer, row.text, row.second, options)
               : encode(tokenizer, row.text, options);
}

TextExamples::TextExamples(std::span<const LabelledText> texts, bool pairs, const TaskConfig& task,
                           const Tokenizer& tokenizer, int64_t max_length,
                           const std::string& source)
    : Examples(format_of(tokenizer).pad), kind_(task.kind), outputs_(task.outputs()) {
  for (const LabelledText& row : texts) {
    encodings_.push_back(encode_row(tokenizer, row, pairs, max_length));
  }
  const LabelSet labels{task.labels};
  if (kind_ == TaskKind::classification) {
    classes_ = class_ids(texts, labels, source);
  } else if (kind_ == TaskKind::regression) {
    numbers_ = label_numbers(texts, source);
  } else {
    check_value(kind_ == TaskKind::multi_label, "TextExamples: this task reads every token");
    for (const int32_t applies : multi_label_ids(texts, labels, source)) {
      numbers_.push_back(static_cast<real>(applies));
    }
  }
}

Tensor TextExamples::loss(const Tensor& logits, std::span<const int64_t> rows) const {
  const auto B = static_cast<int64_t>(rows.size());
  if (kind_ == TaskKind::classification) {
    Tokens targets({B});
    for (int64_t b = 0; b < B; ++b) {
      targets.data()[b] = classes_[static_cast<size_t>(rows[static_cast<size_t>(b)])];
    }
    return cross_entropy(logits, targets);
  }
  Tensor targets({B, outputs_});
  real* to = targets.mutable_data();
  for (const int64_t row : rows) {
    to = std::copy_n(numbers_.data() + row * outputs_, outputs_, to);
  }
  return kind_ == TaskKind::regression ? mse_loss(logits, targets)
                                       : bce_with_logits(logits, targets);
}

Score TextExamples::score(std::span<const Tensor> logits) const {
  if (kind_ == TaskKind::classification) return score_of_classes(logits);
  return kind_ == TaskKind::regression ? score_of_numbers(logits) : score_of_label_sets(logits);
}

Score TextExamples::score_of_classes(std::span<const Tensor> logits) const {
  const std::vector<int32_t> predicted = largest_of_rows(stack(logits, 0));
  const ClassificationScore s = score_classes(classes_, predicted, outputs_);
  Score score{
      .figures = {{"accuracy", s.accuracy}, {"macro_f1", s.macro_f1}, {"matthews", s.matthews}}};
  for (size_t i = 0; i < predicted.size(); ++i) {
    score.outcomes.push_back(predicted[i] == classes_[i] ? 1 : 0);
  }
  score.classes = s;
  return score;
}

Score TextExamples::score_of_numbers(std::span<const Tensor> logits) const {
  const RegressionScore s = score_numbers(numbers_, stack(logits, 0).to_vector());
  return {.figures = {{"pearson", s.pearson},
                      {"spearman", s.spearman},
                      {"mean_squared_error", s.mean_squared_error}}};
}

Score TextExamples::score_of_label_sets(std::span<const Tensor> logits) const {
  std::vector<int32_t> truth, predicted;
  for (const real applies : numbers_) truth.push_back(applies > 0 ? 1 : 0);
  for (const real logit : stack(logits, 0).to_vector()) predicted.push_back(logit > 0 ? 1 : 0);
  const MultiLabelScore s = score_label_sets(truth, predicted, outputs_);
  return {.figures = {
              {"micro_f1", s.micro_f1}, {"macro_f1", s.macro_f1}, {"exact_match", s.exact_match}}};
}

Tensor TextExamples::constant_logits() const {
  Tensor logits = zeros({outputs_});
  real* values = logits.mutable_data();
  if (kind_ == TaskKind::classification) {
    values[majority_class(classes_)] = 1;
    return logits;
  }
  const real n = static_cast<real>(size());
  for (size_t i = 0; i < numbers_.size(); ++i) {
    values[static_cast<int64_t>(i) % outputs_] += numbers_[i] / n;
  }
  return kind_ == TaskKind::regression ? logits : logits - real(0.5);
}

}  // namespace gradus
