// Logistic regression on bags of words against what calculus says of its optimum.

#include "tests/train/finetune_support.h"
#include "train/finetune/logistic_regression.h"

using namespace gradus;
using namespace gradus::testing;
using doctest::Approx;

namespace {

std::vector<LabelledText> opinions() {
  return {{.text = "w1 w5", .label = "a"}, {.text = "w1", .label = "a"},
          {.text = "w1 w6", .label = "b"}, {.text = "w2 w5", .label = "b"},
          {.text = "w2", .label = "b"},    {.text = "w2 w6 w6", .label = "a"},
          {.text = "w2 w7", .label = "b"}};
}

const TaskConfig two_labels = task_without_dropout(TaskKind::classification, {"a", "b"});

TextExamples examples_of(const std::vector<LabelledText>& texts) {
  return TextExamples(texts, false, two_labels, ten_words(), 16, "test");
}

}  // namespace

TEST_CASE("a bag's logits are those of the dense matrix") {
  const BagOfWords words(opinions(), {.min_count = 1, .weight = WordWeight::tf_idf});
  const SparseRows x = words.rows(opinions());
  const BagModel model{randn({words.size(), 3}, {1, 0}), randn({3}, {1, 1})};
  const Tensor expected = matmul(dense(x, 0, x.rows()), model.weight) + model.bias;
  CHECK(difference(stack(model.all(x), 0), expected) == "");
  const std::vector<int64_t> some{5, 0};
  CHECK(difference(model(x, some),
                   concat({expected.narrow(0, 5, 1), expected.narrow(0, 0, 1)}, 0)) == "");
}

TEST_CASE("where training ends, the gradient of the whole loss is nearly 0") {
  const BagOfWords words(opinions(), {.min_count = 1});
  const SparseRows x = words.rows(opinions());
  const TextExamples truth = examples_of(opinions());
  const std::vector<int64_t> rows{0, 1, 2, 3, 4, 5, 6};
  const real penalty = real(0.5);
  const BagModel model = train_bag_model(x, truth, 2, rows, penalty, {.min_steps = 2000});
  // -(1/N) sum (1[y = k] - p_k) x + (penalty / N) W, by a naive loop
  const std::vector<Tensor> logits = model.all(x);
  const Tensor inputs = dense(x, 0, x.rows());
  const std::vector<int32_t> classes{0, 0, 1, 1, 1, 0, 1};
  for (int64_t word = 0; word < words.size(); ++word) {
    for (int64_t k = 0; k < 2; ++k) {
      double gradient =
          static_cast<double>(penalty) / 7 * static_cast<double>(model.weight.data()[word * 2 + k]);
      for (size_t i = 0; i < 7; ++i) {
        const std::vector<real> z = logits[i].to_vector();
        const auto mine = static_cast<size_t>(k), other = static_cast<size_t>(1 - k);
        const double p = 1 / (1 + std::exp(static_cast<double>(z[other] - z[mine])));
        const double input =
            static_cast<double>(inputs.data()[static_cast<int64_t>(i) * words.size() + word]);
        gradient -= ((classes[i] == k ? 1 : 0) - p) * input / 7;
      }
      CHECK(std::abs(gradient) < 2e-4);
    }
  }
}

TEST_CASE("without words that are known, logistic regression gives the classes' frequencies") {
  const TextExamples truth = examples_of(opinions());  // 3 a, 4 b
  SparseRows nothing;
  nothing.offsets.assign(8, 0);
  const std::vector<int64_t> rows{0, 1, 2, 3, 4, 5, 6};
  const BagModel model = train_bag_model(nothing, truth, 2, rows, 1, {.min_steps = 1000});
  const std::vector<real> p = softmax(model.all(nothing)[0], -1).to_vector();
  CHECK(static_cast<double>(p[0]) == Approx(3.0 / 7).epsilon(1e-3));
}

TEST_CASE("the penalty that is chosen serves texts that were not seen") {
  std::vector<LabelledText> train, dev;
  for (int i = 0; i < 120; ++i) {
    const bool positive = i % 2 == 0;
    const std::string noise = " w" + std::to_string(3 + i * 7 % 7);
    (i < 90 ? train : dev)
        .push_back({.text = (positive ? "w1" : "w2") + noise, .label = positive ? "a" : "b"});
  }
  const BagOfWords words(train, {.bigrams = true, .min_count = 1});
  const BagModel model = train_bag_model(words.rows(train), examples_of(train), 2);
  CHECK(examples_of(dev).score(model.all(words.rows(dev))).main() == 1);
}
