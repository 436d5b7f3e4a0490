#pragma once
// Texts, or pairs of texts, with a class, a number or several labels each.

#include "data/label_set.h"
#include "nn/task_model.h"
#include "train/finetune/examples.h"

namespace gradus {

class TextExamples : public Examples {
 public:
  /// Encodes the texts; what is longer than max_length is cut. `source` names them in errors.
  /// Throws ValueError for a label that the task does not know.
  TextExamples(std::span<const LabelledText> texts, bool pairs, const TaskConfig& task,
               const Tokenizer& tokenizer, int64_t max_length, const std::string& source);

  Tensor loss(const Tensor& logits, std::span<const int64_t> rows) const override;
  Score score(std::span<const Tensor> logits) const override;

  /// The logits of a predictor that knows no text, only these labels: the most frequent class, the
  /// mean, or every label that more than half of the texts have.
  Tensor constant_logits() const;

 private:
  Score score_of_classes(std::span<const Tensor> logits) const;
  Score score_of_numbers(std::span<const Tensor> logits) const;
  Score score_of_label_sets(std::span<const Tensor> logits) const;

  TaskKind kind_;
  int64_t outputs_;
  std::vector<int32_t> classes_;  // classification
  std::vector<real> numbers_;     // regression: (N); multi_label: (N, outputs) of 0 and 1
};

/// A text or a pair as a model reads it.
Encoding encode_row(const Tokenizer& tokenizer, const LabelledText& row, bool pairs,
                    int64_t max_length);

}  // namespace gradus
