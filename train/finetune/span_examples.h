#pragma once
// Questions whose answers are parts of a context.

#include <unordered_map>

#include "data/span_features.h"
#include "train/finetune/examples.h"

namespace gradus {

class SpanExamples : public Examples {
 public:
  /// A context that is too long becomes several windows.
  SpanExamples(std::vector<SpanQuestion> questions, const Tokenizer& tokenizer,
               const SpanOptions& options, const SpanDecoding& decoding = {});

  Tensor loss(const Tensor& logits, std::span<const int64_t> rows) const override;
  Score score(std::span<const Tensor> logits) const override;
  /// Of answers by the questions' ids.
  Score score_answers(const std::unordered_map<std::string, std::string>& answers) const;

  std::span<const SpanQuestion> questions() const { return questions_; }

 private:
  std::vector<SpanQuestion> questions_;
  SpanDecoding decoding_;
  std::vector<SpanEncoding> windows_;
  std::vector<size_t> first_window_;  // of each question, and one more for the end
};

/// Columns of logits (T, 2).
SpanLogits span_logits(const Tensor& logits);

}  // namespace gradus
