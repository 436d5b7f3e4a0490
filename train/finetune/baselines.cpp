// What needs no network: counting, and logistic regression.

#include "data/simple_predictors.h"
#include "train/finetune/logistic_regression.h"
#include "train/finetune/span_examples.h"
#include "train/finetune/tag_examples.h"
#include "train/finetune/task_data.h"
#include "train/finetune/text_examples.h"

namespace gradus {
namespace {

std::vector<Baseline> text_baselines(const TaskConfig& task, const TaskData& train,
                                     const TextExamples& learn, const TaskData& dev,
                                     const TextExamples& measure, uint64_t seed) {
  const bool numbers = task.kind == TaskKind::regression;
  const auto& train_texts = std::get<std::vector<LabelledText>>(train.rows);
  const auto& dev_texts = std::get<std::vector<LabelledText>>(dev.rows);
  const BagOfWords words(train_texts, {.bigrams = true, .min_count = 1});
  const BagModel bag =
      train_bag_model(words.rows(train_texts), learn, task.outputs(), {.seed = seed});
  const std::vector<Tensor> constant(dev_texts.size(), learn.constant_logits());
  return {{numbers ? "bag of words, linear regression" : "bag of words, logistic regression",
           measure.score(bag.all(words.rows(dev_texts)))},
          {numbers ? "mean" : "majority class", measure.score(constant)}};
}

Score most_frequent_tags(const TaskData& train, const TagExamples& measure) {
  const MostFrequentTag tagger(std::get<std::vector<TaggedSentence>>(train.rows));
  std::vector<std::vector<std::string>> predicted;
  for (const TaggedSentence& sentence : measure.sentences()) {
    predicted.push_back(tagger.predict(sentence.words));
  }
  return measure.score_tags(predicted);
}

Score most_similar_sentences(const SpanExamples& measure) {
  std::unordered_map<std::string, std::string> answers;
  for (const SpanQuestion& question : measure.questions()) {
    answers[question.id] = most_similar_sentence(question);
  }
  return measure.score_answers(answers);
}

}  // namespace

std::vector<Baseline> baselines(const TaskConfig& task, const TaskData& train,
                                const Examples& train_examples, const TaskData& dev,
                                const Examples& dev_examples, uint64_t seed) {
  if (task.kind == TaskKind::tagging) {
    const auto& measure = static_cast<const TagExamples&>(dev_examples);
    return {{"most frequent tag", most_frequent_tags(train, measure)}};
  }
  if (task.kind == TaskKind::spans) {
    const auto& measure = static_cast<const SpanExamples&>(dev_examples);
    return {{"most similar sentence", most_similar_sentences(measure)}};
  }
  return text_baselines(task, train, static_cast<const TextExamples&>(train_examples), dev,
                        static_cast<const TextExamples&>(dev_examples), seed);
}

}  // namespace gradus
