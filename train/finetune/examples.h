#pragma once
// Examples of a task, whatever it is about, as fine-tuning sees them: encodings that a model reads,
// a loss of its logits, and figures that say how good they are.

#include <optional>

#include "data/conlleval.h"
#include "data/encoding.h"
#include "data/metrics.h"
#include "train/metrics.h"

namespace gradus {

/// How good predictions are.
struct Score {
  Measures figures = {};  // from 0 to 1, unless their name says otherwise; the main one first
  /// How right each example is, where the main figure is the mean of that; empty elsewhere.
  std::vector<double> outcomes = {};
  std::optional<ClassificationScore> classes = {};
  std::optional<EntityScore> entities = {};

  double main() const { return figures.front().second; }
  const std::string& main_name() const { return figures.front().first; }
  /// Of the main figure, for other examples of the same kind: sqrt(var(outcomes) / n). Nothing if
  /// it is no mean over examples.
  std::optional<double> standard_error() const;
};

class Examples {
 public:
  virtual ~Examples() = default;

  /// What is read at a time: texts, sentences or their parts, windows of contexts.
  std::span<const Encoding> encodings() const { return encodings_; }
  int64_t size() const { return static_cast<int64_t>(encodings_.size()); }
  int32_t pad_id() const { return pad_id_; }
  /// How many lost ids because they were too long.
  int64_t shortened() const;

  /// The mean loss of encodings `rows`, whose logits are (B, outputs), or (B, T, outputs) where
  /// every token is read, T being the longest one's length.
  virtual Tensor loss(const Tensor& logits, std::span<const int64_t> rows) const = 0;
  /// Logits of all encodings, (outputs) or (T, outputs) each.
  virtual Score score(std::span<const Tensor> logits) const = 0;

 protected:
  explicit Examples(int32_t pad_id) : pad_id_(pad_id) {}
  std::vector<Encoding> encodings_;

 private:
  int32_t pad_id_;
};

/// The index of the largest number in each row (..., C), the first of equal ones.
std::vector<int32_t> largest_of_rows(const Tensor& logits);

}  // namespace gradus
