// Distillation as an objective: who learns, what counts, and what is measured.

#include "train/distill_objective.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "autograd/mode.h"
#include "tests/data/pretraining_support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

BERTConfig letters_config(int64_t layers) {
  return {.block_size = 24, .vocab_size = 25, .n_layer = layers, .n_head = 2, .n_embd = 8};
}

DistillOptions letters_options(int64_t layers) {
  DistillOptions o = distill_options_for(letters_config(2), true);
  o.model.n_layer = layers;
  o.batch_size = 4;
  return o;
}

PretrainingCorpus letters_corpus() {
  const WordPieceTokenizer tokenizer = letter_tokenizer();
  return {.tokenizer = tokenizer,
          .train = tokenize(tokenizer, random_documents(20, 1)),
          .val = tokenize(tokenizer, random_documents(5, 2))};
}

DistillObjective letters_objective(int64_t layers) {
  manual_seed(5);
  return {letters_options(layers), letters_corpus(), BERTForPreTraining(letters_config(2), true)};
}

BERTForPreTraining small_student(const BERTForPreTraining& teacher) {
  return make_student(teacher, letters_config(1));
}

// Rows of letters, some of them predicted, padded to T.
MaskedBatch letter_batch(const std::vector<std::vector<int32_t>>& rows, int64_t T) {
  const auto B = static_cast<int64_t>(rows.size());
  MaskedBatch batch;
  batch.ids = batch.types = Tokens({B, T});
  batch.targets = Tokens({B, T}, -100);
  batch.key_mask = zeros({B, T});
  bool padded = false;
  for (int64_t b = 0; b < B; ++b) {
    const std::vector<int32_t>& row = rows[static_cast<size_t>(b)];
    padded = padded || static_cast<int64_t>(row.size()) < T;
    std::copy(row.begin(), row.end(), batch.ids.data() + b * T);
    std::fill_n(batch.key_mask.mutable_data() + b * T, row.size(), real(1));
    batch.targets.data()[b * T + 1] = row[1];
  }
  if (!padded) batch.key_mask = Tensor();
  return batch;
}

double loss_value(const Tensor& x) { return static_cast<double>(x.item()); }

}  // namespace

TEST_CASE("the student is built from the options: their layers and their dropout") {
  DistillOptions o = letters_options(1);
  o.model.dropout = real(0.25);
  DistillObjective objective(o, letters_corpus(), BERTForPreTraining(letters_config(2), true));
  CHECK(objective.model().config() == o.model);
  CHECK(objective.teacher().config().dropout == 0);
}

TEST_CASE("a backward reaches every parameter of the student and none of the teacher") {
  DistillObjective objective = letters_objective(1);
  objective.backward(2);
  for (const NamedTensor& p : objective.model().named_parameters()) {
    INFO(p.name);
    CHECK(p.tensor.grad().defined());
  }
  for (const NamedTensor& p : objective.teacher().named_parameters()) {
    INFO(p.name);
    CHECK_FALSE(p.tensor.grad().defined());
  }
}

TEST_CASE("padding counts nothing: a batch is worth the tokens of its texts alone") {
  const EvalMode evaluation;
  manual_seed(5);
  const BERTForPreTraining teacher(letters_config(2), true);
  const BERTForPreTraining student = small_student(teacher);
  const std::vector<int32_t> two{2, 7, 3}, long_row{2, 9, 12, 6, 5, 3};
  const Distillation both = distill(teacher, student, letter_batch({two, long_row}, 8), 2);
  const Distillation a = distill(teacher, student, letter_batch({two}, 3), 2);
  const Distillation b = distill(teacher, student, letter_batch({long_row}, 6), 2);
  CHECK(both.tokens == 9);
  const auto joined = [](double x, double y) { return (3 * x + 6 * y) / 9; };
  CHECK(loss_value(both.soft) == doctest::Approx(joined(loss_value(a.soft), loss_value(b.soft))));
  CHECK(loss_value(both.cosine) ==
        doctest::Approx(joined(loss_value(a.cosine), loss_value(b.cosine))));
  CHECK(loss_value(both.masked) ==
        doctest::Approx((loss_value(a.masked) + loss_value(b.masked)) / 2));
  CHECK(loss_value(both.soft) > 0);
}

TEST_CASE("logits computed part by part give the same loss and the same gradients") {
  manual_seed(5);
  const BERTForPreTraining teacher(letters_config(2), true);
  BERTForPreTraining student = small_student(teacher);
  const MaskedBatch batch = letter_batch({{2, 7, 3}, {2, 9, 12, 6, 5, 3}}, 6);
  const auto gradients = [&](int64_t most_logits) {
    student.zero_grad();
    const Distillation d = distill(teacher, student, batch, 2, most_logits);
    d.soft.backward();
    std::vector<Tensor> all{d.soft.detach()};
    for (const NamedTensor& p : student.named_parameters()) {
      if (p.tensor.grad().defined()) all.push_back(p.tensor.grad().clone());
    }
    return all;
  };
  const std::vector<Tensor> whole = gradients(1 << 20), parts = gradients(4 * 25);
  REQUIRE(whole.size() == parts.size());
  for (size_t i = 0; i < whole.size(); ++i) CHECK(difference(parts[i], whole[i]) == "");
}

TEST_CASE("a student with all layers agrees with its teacher, and only masked tokens cost") {
  DistillObjective objective = letters_objective(2);
  const Objective::Losses all = objective.validate(objective.validation_batches());
  const auto measure = [&](const char* name) { return find_measure(all.measures, name).value(); };
  CHECK(measure("agreement") == 1);
  CHECK(measure("mlm_accuracy") == measure("teacher_accuracy"));
  CHECK(measure("kl") == doctest::Approx(0));
  CHECK(measure("cosine_loss") == doctest::Approx(0).epsilon(1e-5));
  CHECK(all.loss == doctest::Approx(2 * measure("mlm_loss")).epsilon(1e-5));
}

TEST_CASE("the loss is the weighted sum of its parts, and falls when it is followed") {
  DistillObjective objective = letters_objective(1);
  const Objective::Losses before = objective.validate(objective.validation_batches());
  const auto part = [&](const char* name) { return find_measure(before.measures, name).value(); };
  CHECK(before.loss ==
        doctest::Approx(5 * part("kl") + 2 * part("mlm_loss") + part("cosine_loss")));
  for (int step = 0; step < 20; ++step) {
    objective.backward(1);
    const NoGrad guard;
    for (NamedTensor& p : objective.model().named_parameters()) {
      p.tensor.copy_(p.tensor - real(0.05) * p.tensor.grad());
    }
    objective.model().zero_grad();
  }
  CHECK(objective.validate(objective.validation_batches()).loss < before.loss);
}

TEST_CASE("a sample says what teacher and student, here one and the same, put into each gap") {
  DistillObjective objective = letters_objective(2);
  std::istringstream lines(objective.sample(0));
  const std::string teacher = " teacher ", student = " student ";
  int64_t gaps = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ")) continue;
    const size_t a = line.find(teacher), b = line.find(student);
    REQUIRE(a != std::string::npos);
    REQUIRE(b != std::string::npos);
    const std::string guess = line.substr(b + student.size());
    CHECK(line.substr(a + teacher.size(), guess.size()) == guess);
    ++gaps;
  }
  CHECK(gaps > 0);
}

TEST_CASE("the settings of a distillation come back from training.json as they were") {
  DistillOptions o = letters_options(1);
  o.data = "text", o.teacher = "a folder", o.temperature = 3, o.soft_weight = real(0.5);
  const nlohmann::json object = to_json(o);
  const DistillOptions back = distill_options_from(object, "training.json");
  CHECK(to_json(back) == object);
  CHECK(back.teacher == "a folder");
  CHECK(back.temperature == 3);
  nlohmann::json other = object;
  for (const char* of_pretraining : {"short_steps", "next_weight", "lowercase", "merge_by"}) {
    CHECK_FALSE(object.contains(of_pretraining));
    other[of_pretraining] = 0;
  }
  CHECK(to_json(distill_options_from(other, "training.json")) == object);
  other.erase("distillation");
  CHECK(contains(message_of<FileError>([&] { distill_options_from(other, "training.json"); }),
                 "training.json: not the settings of a distillation"));
}
