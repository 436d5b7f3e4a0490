#include "train/finetune/span_examples.h"

#include <limits>

#include "autograd/ops.h"
#include "data/squad_score.h"

namespace gradus {

SpanLogits span_logits(const Tensor& logits) {
  return {logits.select(1, 0).to_vector(), logits.select(1, 1).to_vector()};
}

SpanExamples::SpanExamples(std::vector<SpanQuestion> questions, const Tokenizer& tokenizer,
                           const SpanOptions& options, const SpanDecoding& decoding)
    : Examples(format_of(tokenizer).pad), questions_(std::move(questions)), decoding_(decoding) {
  for (const SpanQuestion& question : questions_) {
    first_window_.push_back(windows_.size());
    for (SpanEncoding& window : encode_question(tokenizer, question, options)) {
      encodings_.push_back(window.encoding);
      windows_.push_back(std::move(window));
    }
  }
  first_window_.push_back(windows_.size());
}

// -(ln p(start) + ln p(end)) / 2, each over all tokens but padding.
Tensor SpanExamples::loss(const Tensor& logits, std::span<const int64_t> rows) const {
  const int64_t B = logits.dim(0), T = logits.dim(1);
  Tokens starts({B}), ends({B});
  Tensor padding = zeros({B, T});
  real* is_padding = padding.mutable_data();
  for (int64_t b = 0; b < B; ++b) {
    const SpanEncoding& window = windows_[static_cast<size_t>(rows[static_cast<size_t>(b)])];
    starts.data()[b] = window.start;
    ends.data()[b] = window.end;
    const auto length = static_cast<int64_t>(window.encoding.ids.size());
    std::fill(is_padding + b * T + length, is_padding + (b + 1) * T, real(1));
  }
  const auto nats = [&](int64_t column, const Tokens& targets) {
    const Tensor scores = logits.select(2, column);  // (B, T)
    constexpr real never = -std::numeric_limits<real>::infinity();
    return cross_entropy(masked_fill(scores, padding, never), targets);
  };
  return real(0.5) * (nats(0, starts) + nats(1, ends));
}

Score SpanExamples::score(std::span<const Tensor> logits) const {
  std::unordered_map<std::string, std::string> answers;
  for (size_t q = 0; q < questions_.size(); ++q) {
    const size_t first = first_window_[q], count = first_window_[q + 1] - first;
    std::vector<SpanLogits> of_windows;
    for (const Tensor& one : logits.subspan(first, count)) of_windows.push_back(span_logits(one));
    answers[questions_[q].id] =
        best_span(questions_[q], std::span(windows_).subspan(first, count), of_windows, decoding_)
            .text;
  }
  return score_answers(answers);
}

Score SpanExamples::score_answers(
    const std::unordered_map<std::string, std::string>& answers) const {
  const SquadScore s = score_squad(questions_, answers);
  Score score{.figures = {{"f1", s.f1}, {"exact_match", s.exact_match}}};
  for (const SpanQuestion& question : questions_) {
    const auto answer = answers.find(question.id);
    score.outcomes.push_back(
        answer == answers.end() ? 0 : score_answer(answer->second, question.answers).f1);
  }
  return score;
}

}  // namespace gradus
