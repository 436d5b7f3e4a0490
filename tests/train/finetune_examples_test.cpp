// Fine-tuning learns a few examples by heart, whatever the task is; and scores of logits that were
// made up.

#include "tests/train/finetune_support.h"
#include "train/finetune/task_data.h"

using namespace gradus;
using namespace gradus::testing;
using doctest::Approx;

namespace {

const std::vector<std::string> tag_names{"O", "B-X", "I-X"};

std::vector<TaggedSentence> tagged_sentences() {
  return {{{"w0", "w1", "w2", "w5"}, {"O", "B-X", "I-X", "O"}},
          {{"w1", "w6"}, {"B-X", "O"}},
          {{"w7", "w8", "w1", "w2", "w2"}, {"O", "O", "B-X", "I-X", "I-X"}},
          {{"w4"}, {"O"}}};
}

// The answer is what stands after w9.
std::vector<SpanQuestion> asked_questions() {
  return {{.id = "1", .question = "q", .context = "w9 w1 w2 w3", .answers = {{"w1", 3}}},
          {.id = "2", .question = "q q", .context = "w4 w9 w5", .answers = {{"w5", 6}}},
          {.id = "3", .question = "q", .context = "w6 w7 w9 w8 w0", .answers = {{"w8", 9}}}};
}

Score learned_score(const TaskConfig& task, const Examples& examples) {
  TaskModel model = tiny_task_model(task);
  return fine_tune(model, examples, examples, by_heart()).dev;
}

}  // namespace

TEST_CASE("fine-tuning learns classes by heart") {
  const TextExamples examples = class_examples();
  const Score score =
      learned_score(task_without_dropout(TaskKind::classification, {"a", "b", "c"}), examples);
  CHECK(score.main_name() == "accuracy");
  CHECK(score.main() == 1);
}

TEST_CASE("fine-tuning learns pairs by heart") {
  const std::vector<LabelledText> pairs{{.text = "w1", .second = "w2", .label = "x"},
                                        {.text = "w2 w3", .second = "w1", .label = "y"},
                                        {.text = "w2", .second = "w1 w1", .label = "y"},
                                        {.text = "w1 w4", .second = "w2 w5", .label = "x"}};
  const TaskConfig task = task_without_dropout(TaskKind::classification, {"x", "y"});
  CHECK(learned_score(task, TextExamples(pairs, true, task, ten_words(), 16, "test")).main() == 1);
}

TEST_CASE("fine-tuning learns numbers by heart") {
  const std::vector<LabelledText> texts{{.text = "w0 w1", .label = "1"},
                                        {.text = "w0 w0", .label = "-1"},
                                        {.text = "w1 w1 w1", .label = "3"},
                                        {.text = "w1 w1 w0", .label = "2"}};
  const TaskConfig task = task_without_dropout(TaskKind::regression);
  const Score score =
      learned_score(task, TextExamples(texts, false, task, ten_words(), 16, "test"));
  CHECK(score.main_name() == "pearson");
  CHECK(score.main() > 0.99);
}

TEST_CASE("fine-tuning learns several labels at once by heart") {
  const std::vector<LabelledText> texts{{.text = "w1 w2", .label = "a, b"},
                                        {.text = "w1 w0 w5", .label = "a"},
                                        {.text = "w2 w7", .label = "b"},
                                        {.text = "w1 w2 w3", .label = "a|b"}};
  const TaskConfig task = task_without_dropout(TaskKind::multi_label, {"a", "b"});
  const Score score =
      learned_score(task, TextExamples(texts, false, task, ten_words(), 16, "test"));
  CHECK(score.main_name() == "micro_f1");
  CHECK(score.main() == 1);
}

TEST_CASE("fine-tuning learns tags by heart") {
  const TaskConfig task = task_without_dropout(TaskKind::tagging, tag_names);
  const Score score = learned_score(task, TagExamples(tagged_sentences(), task, ten_words(), 16));
  CHECK(score.main_name() == "f1");
  CHECK(score.main() == 1);
}

TEST_CASE("fine-tuning learns answers by heart") {
  const SpanExamples examples(asked_questions(), ten_words(), {.max_length = 16});
  const Score score = learned_score(task_without_dropout(TaskKind::spans), examples);
  CHECK(score.main_name() == "f1");
  CHECK(score.main() == 1);
}

TEST_CASE("classes are scored by the largest logit, with the standard error of the mean") {
  const std::vector<LabelledText> texts{{.text = "w1", .label = "a"},
                                        {.text = "w2", .label = "b"},
                                        {.text = "w3", .label = "c"},
                                        {.text = "w4", .label = "c"}};
  const TextExamples examples = class_examples(texts);
  const Tensor says_a = from_data({3}, {2, 1, 0}), says_c = from_data({3}, {-1, 0, 1});
  const Score score = examples.score(std::vector<Tensor>{says_a, says_a, says_c, says_c});
  CHECK(score.main() == Approx(0.75));
  CHECK(score.outcomes == std::vector<double>{1, 0, 1, 1});
  CHECK(*score.standard_error() == Approx(std::sqrt(0.25 / 4)));  // var 3/4 * 1/4 * 4/3
  CHECK(score.classes->count(1, 0) == 1);
  CHECK(largest_of_rows(examples.constant_logits()) == std::vector<int32_t>{2});
}

TEST_CASE("tags of a sentence in several parts come together") {
  const TaskConfig task = task_without_dropout(TaskKind::tagging, tag_names);
  const TagExamples examples(tagged_sentences(), task, ten_words(), 4);  // two words at a time
  REQUIRE(examples.size() == 2 + 1 + 3 + 1);
  std::vector<Tensor> logits;
  for (const Encoding& part : examples.encodings()) {
    const auto T = static_cast<int64_t>(part.ids.size());
    Tensor one = zeros({T, 3});
    for (int64_t t = 0; t < T; ++t) {  // w1 is id 6, w2 is id 7
      const int32_t id = part.ids[static_cast<size_t>(t)];
      one.mutable_data()[t * 3 + (id == 6 ? 1 : id == 7 ? 2 : 0)] = 1;
    }
    logits.push_back(one);
  }
  CHECK(examples.score(logits).main() == 1);
}

TEST_CASE("the loss of spans is the mean of two cross-entropies, and padding is no answer") {
  const SpanExamples examples(asked_questions(), ten_words(), {.max_length = 16});
  const std::vector<int64_t> rows{0, 2};
  const auto T = static_cast<int64_t>(examples.encodings()[2].ids.size());
  const double short_length = static_cast<double>(examples.encodings()[0].ids.size());
  REQUIRE(short_length < static_cast<double>(T));
  const Tensor logits = zeros({2, T, 2}).requires_grad_();  // every token is equally likely
  const Tensor loss = examples.loss(logits, rows);
  CHECK(static_cast<double>(loss.item()) ==
        Approx((std::log(short_length) + std::log(static_cast<double>(T))) / 2));
  loss.backward();
  const Tensor at_padding = logits.grad().select(0, 0).select(0, T - 1);
  CHECK(bit_difference(at_padding, zeros({2})) == "");
}

TEST_CASE("where a question has no answer, the empty one is right if [CLS] scores best") {
  TaskData data{.task = TaskName::qa, .rows = asked_questions()};
  CHECK_FALSE(task_of(data, TaskKind::spans, 0).reading.null_threshold.has_value());
  data.rows = std::vector<SpanQuestion>{{.id = "1", .question = "q", .context = "w1 w2"}};
  const TaskConfig task = task_of(data, TaskKind::spans, 0);
  CHECK(task.reading.null_threshold == real(0));
  const auto examples = make_examples(data, task, ten_words(), {.max_length = 16, .doc_stride = 4});
  const auto T = static_cast<int64_t>(examples->encodings()[0].ids.size());
  Tensor logits = zeros({T, 2});
  logits.mutable_data()[0] = 1;
  CHECK(examples->score(std::vector<Tensor>{logits}).main() == 1);
}

TEST_CASE("an unknown label is named with its line") {
  const std::vector<LabelledText> texts{{.text = "w1", .label = "z", .line = 7}};
  CHECK(contains(message_of<ValueError>([&] { class_examples(texts); }), "test:7"));
}
