#include "train/finetune/tag_examples.h"

#include <algorithm>

#include "autograd/ops.h"
#include "data/label_set.h"

namespace gradus {
namespace {

bool names_entities(std::span<const std::string> labels) {
  return std::ranges::all_of(labels, [](const std::string& tag) {
    return tag == "O" || tag.starts_with("B-") || tag.starts_with("I-");
  });
}

}  // namespace

std::vector<std::string> read_tags(size_t words, std::span<const TaggedEncoding> parts,
                                   std::span<const Tensor> logits,
                                   std::span<const std::string> labels) {
  std::vector<int32_t> ids(words, 0);  // O
  for (size_t i = 0; i < parts.size(); ++i) place_tags(parts[i], largest_of_rows(logits[i]), ids);
  std::vector<std::string> tags;
  for (const int32_t id : ids) tags.push_back(labels[static_cast<size_t>(id)]);
  return tags;
}

TagExamples::TagExamples(std::vector<TaggedSentence> sentences, const TaskConfig& task,
                         const Tokenizer& tokenizer, int64_t max_length)
    : Examples(format_of(tokenizer).pad), sentences_(std::move(sentences)), labels_(task.labels) {
  const LabelSet labels{labels_};
  for (size_t s = 0; s < sentences_.size(); ++s) {
    const std::vector<int32_t> tags = tag_ids(sentences_[s].tags, labels);
    for (TaggedEncoding& part :
         encode_words(tokenizer, sentences_[s].words, tags, {.max_length = max_length})) {
      encodings_.push_back(part.encoding);
      sentence_of_.push_back(s);
      parts_.push_back(std::move(part));
    }
  }
}

Tensor TagExamples::loss(const Tensor& logits, std::span<const int64_t> rows) const {
  std::vector<TaggedEncoding> chosen;
  for (const int64_t row : rows) chosen.push_back(parts_[static_cast<size_t>(row)]);
  return cross_entropy(logits, pad_targets(chosen));
}

Score TagExamples::score(std::span<const Tensor> logits) const {
  std::vector<std::vector<std::string>> predicted(sentences_.size());
  for (size_t first = 0, last = 0; first < parts_.size(); first = last) {
    const size_t s = sentence_of_[first];
    while (last < parts_.size() && sentence_of_[last] == s) ++last;
    predicted[s] =
        read_tags(sentences_[s].words.size(), std::span(parts_).subspan(first, last - first),
                  logits.subspan(first, last - first), labels_);
  }
  return score_tags(predicted);
}

Score TagExamples::score_tags(std::span<const std::vector<std::string>> predicted) const {
  std::vector<std::vector<std::string>> truth;
  for (const TaggedSentence& sentence : sentences_) truth.push_back(sentence.tags);
  if (names_entities(labels_)) {
    const EntityScore s = score_entities(truth, predicted);
    Score score{.figures = {{"f1", s.all.f1()},
                            {"precision", s.all.precision()},
                            {"recall", s.all.recall()},
                            {"accuracy", s.accuracy()}}};
    score.entities = s;
    return score;
  }
  const LabelSet labels{labels_};
  std::vector<int32_t> all_true, all_predicted;
  for (size_t s = 0; s < truth.size(); ++s) {
    std::ranges::copy(tag_ids(truth[s], labels), std::back_inserter(all_true));
    std::ranges::copy(tag_ids(predicted[s], labels), std::back_inserter(all_predicted));
  }
  const ClassificationScore s = score_classes(all_true, all_predicted, labels.size());
  return {.figures = {{"accuracy", s.accuracy}, {"macro_f1", s.macro_f1}}, .classes = s};
}

}  // namespace gradus
