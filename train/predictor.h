#pragma once
// A fine-tuned model and its tokenizer, asked about texts as they come: labels with probabilities,
// tags, answers.

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "data/encoding.h"
#include "data/labelled.h"
#include "nn/task_model.h"

namespace gradus {

/// What a model says, for programs and for people.
struct Answered {
  nlohmann::ordered_json object;
  std::string line;
};

/// Reads texts as they were read in fine-tuning. What is too long for the model is cut, and a note
/// on standard error tells it. All throw ValueError for what the model cannot read.
class Predictor {
 public:
  /// Throws FileError and ValueError for a folder that holds no fine-tuned model.
  explicit Predictor(const std::string& directory);
  TaskKind kind() const { return model_.task.kind; }
  bool reads_texts() const { return !model_.task.reads_tokens(); }
  const TaskReading& reading() const { return model_.task.reading; }

  Answered text(const LabelledText& row) const;
  Answered words(const std::vector<std::string>& words) const;
  Answered question(const SpanQuestion& question) const;
  /// A line of a file or of standard input: a text; a pair, or a question and its context unless
  /// there is one for all lines, with a tab between them. A model of single texts reads all of it.
  Answered line(const std::string& line, const std::string& context = "") const;

 private:
  int64_t max_length() const;
  std::vector<Tensor> logits(std::span<const Encoding> encodings) const;

  Tokenizer tokenizer_;
  TaskModel model_;
};

}  // namespace gradus
