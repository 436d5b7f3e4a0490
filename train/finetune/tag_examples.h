#pragma once
// Sentences with a tag for every word.

#include "data/labelled.h"
#include "data/tag_features.h"
#include "nn/task_model.h"
#include "train/finetune/examples.h"

namespace gradus {

class TagExamples : public Examples {
 public:
  /// A sentence longer than max_length ids becomes several encodings. Throws ValueError for a tag
  /// that the task does not know.
  TagExamples(std::vector<TaggedSentence> sentences, const TaskConfig& task,
              const Tokenizer& tokenizer, int64_t max_length);

  Tensor loss(const Tensor& logits, std::span<const int64_t> rows) const override;
  Score score(std::span<const Tensor> logits) const override;
  /// Of tags by sentence: entities where the tags are IOB, else the accuracy of the tags.
  Score score_tags(std::span<const std::vector<std::string>> predicted) const;

  std::span<const TaggedSentence> sentences() const { return sentences_; }

 private:
  std::vector<TaggedSentence> sentences_;
  std::vector<std::string> labels_;
  std::vector<TaggedEncoding> parts_;
  std::vector<size_t> sentence_of_;  // by part
};

/// The tags of a sentence of so many words, from the logits (T, outputs) of its parts.
std::vector<std::string> read_tags(size_t words, std::span<const TaggedEncoding> parts,
                                   std::span<const Tensor> logits,
                                   std::span<const std::string> labels);

}  // namespace gradus
