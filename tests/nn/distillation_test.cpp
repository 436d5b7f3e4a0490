// Distillation: which layers a student gets, and the two losses that tie it to its teacher.

#include "nn/distillation.h"

#include <cmath>

#include "autograd/mode.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

BERTConfig teacher_config(int64_t layers) {
  return {.block_size = 8, .vocab_size = 11, .n_layer = layers, .n_head = 2, .n_embd = 8};
}

// The same shape with other layers.
BERTForPreTraining student_of(const BERTForPreTraining& teacher, int64_t layers) {
  BERTConfig config = teacher.config();
  config.n_layer = layers;
  return make_student(teacher, config);
}

}  // namespace

TEST_CASE("of twelve layers a student of six gets DistilBERT's") {
  using Layers = std::vector<int64_t>;
  CHECK(layers_to_keep(12, 6) == Layers{0, 2, 4, 7, 9, 11});
  CHECK(layers_to_keep(4, 2) == Layers{0, 3});
  CHECK(layers_to_keep(4, 3) == Layers{0, 2, 3});
  CHECK(layers_to_keep(2, 1) == Layers{0});
  CHECK(layers_to_keep(3, 3) == Layers{0, 1, 2});
}

TEST_CASE("a student's layers are different ones, whatever the depths") {
  for (int64_t teacher = 1; teacher <= 24; ++teacher) {
    for (int64_t student = 1; student <= teacher; ++student) {
      const std::vector<int64_t> kept = layers_to_keep(teacher, student);
      REQUIRE(static_cast<int64_t>(kept.size()) == student);
      for (size_t i = 1; i < kept.size(); ++i) CHECK(kept[i] > kept[i - 1]);
      CHECK(kept.front() == 0);
      if (student > 1) CHECK(kept.back() == teacher - 1);
    }
  }
}

TEST_CASE("a student deeper than its teacher, or without layers, is refused") {
  CHECK(message_of<ValueError>([] { layers_to_keep(2, 3); }) ==
        "distillation: a student of 3 layers must have between 1 and the 2 of its teacher");
  CHECK_THROWS_AS(layers_to_keep(2, 0), ValueError);
}

TEST_CASE("a student begins with the bits of its teacher's chosen layers, embeddings and head") {
  const BERTForPreTraining teacher(teacher_config(5), true);
  const BERTForPreTraining student = student_of(teacher, 3);  // layers 0, 2, 4
  const auto stands_for = [](std::string name) {
    for (const auto& [ours, theirs] :
         {std::pair{"bert.h.1.", "bert.h.2."}, std::pair{"bert.h.2.", "bert.h.4."}}) {
      if (name.starts_with(ours)) return name.replace(0, std::string(ours).size(), theirs);
    }
    return name;
  };
  CHECK(student.config().n_layer == 3);
  CHECK_FALSE(student.predicts_next_sentence());
  for (const NamedTensor& p : student.named_parameters()) {
    INFO(p.name);
    CHECK(bit_difference(p.tensor, teacher.find(stands_for(p.name))) == "");
    CHECK(p.tensor.storage() != teacher.find(stands_for(p.name)).storage());
    CHECK(p.tensor.requires_grad());
  }
}

TEST_CASE("a student drops what its own configuration says, not its teacher's") {
  const BERTForPreTraining teacher(teacher_config(2), true);
  BERTConfig config = teacher.config();
  config.dropout = real(0.25);
  const BERTForPreTraining student = make_student(teacher, config);
  CHECK(student.config() == config);
  const Tokens ids({1, 4}, {1, 2, 3, 4}), types({1, 4});
  const Tensor once = student.bert.hidden(ids, types), again = student.bert.hidden(ids, types);
  CHECK(difference(once, again) != "");
}

TEST_CASE("a student of another width, or of other tokens, is refused") {
  const BERTForPreTraining teacher(teacher_config(2), true);
  BERTConfig config = teacher.config();
  config.n_layer = 1;
  config.n_embd = 4;
  CHECK(message_of<ValueError>([&] { make_student(teacher, config); }) ==
        "distillation: a student may differ from its teacher in its layers and its dropout alone");
  config = teacher.config();
  config.vocab_size = 12;
  CHECK_THROWS_AS(make_student(teacher, config), ValueError);
}

TEST_CASE("a student with all layers says what its teacher says: no soft and no cosine loss") {
  const EvalMode evaluation;
  const BERTForPreTraining teacher(teacher_config(2), true);
  const BERTForPreTraining student = student_of(teacher, 2);
  const Tokens ids({1, 4}, {1, 2, 3, 4});
  const Tensor x = student.bert.hidden(ids, Tokens({1, 4})).reshape({4, 8});
  const Tensor y = teacher.bert.hidden(ids, Tokens({1, 4})).reshape({4, 8});
  CHECK(soft_target_loss(student.mlm(x), teacher.mlm(y), 2).item() == 0);
  CHECK(std::abs(cosine_loss(x, y).item()) < close_enough);
}

TEST_CASE("soft targets: the divergence of two coins at temperature two, times four") {
  // softmax((2 ln 3, 0) / 2) = (3/4, 1/4) and softmax((0, 0) / 2) = (1/2, 1/2)
  const real ln3 = std::log(real(3));
  const Tensor teacher = from_data({2, 2}, {2 * ln3, 0, 0, 0});
  const Tensor student = zeros({2, 2}).requires_grad_();
  const Tensor loss = soft_target_loss(student, teacher, 2);
  const double kl = 0.75 * std::log(1.5) + 0.25 * std::log(0.5);
  CHECK(static_cast<double>(loss.item()) == doctest::Approx(4 * kl / 2));  // the other row is equal
  loss.backward();
  // T (q - p) / N
  const real quarter = real(0.25);
  CHECK(difference(student.grad(), from_data({2, 2}, {-quarter, quarter, 0, 0})) == "");
}

TEST_CASE("the cosine loss is 0 for one direction, 1 for a right angle, 2 for opposite ones") {
  const Tensor x = from_data({3, 2}, {1, 2, 1, 0, 3, 4});
  const Tensor y = from_data({3, 2}, {2, 4, 0, 5, -3, -4});
  for (int64_t i = 0; i < 3; ++i) {
    const double loss =
        static_cast<double>(cosine_loss(x.narrow(0, i, 1), y.narrow(0, i, 1)).item());
    CHECK(loss == doctest::Approx(static_cast<double>(i)).epsilon(1e-5));
  }
  CHECK(static_cast<double>(cosine_loss(x, y).item()) == doctest::Approx(1).epsilon(1e-5));
  CHECK(cosine_loss(zeros({1, 2}), x.narrow(0, 0, 1)).item() == 1);
}

TEST_CASE("both losses leave the teacher alone") {
  const Tensor student = from_data({1, 3}, {1, 2, 4}).requires_grad_();
  const Tensor teacher = from_data({1, 3}, {3, 1, 2}).requires_grad_();
  (soft_target_loss(student, teacher, 2) + cosine_loss(student, teacher)).backward();
  CHECK(student.grad().defined());
  CHECK_FALSE(teacher.grad().defined());
}

TEST_CASE("logits of other shapes and a temperature of nothing are refused") {
  CHECK(message_of<ShapeError>([] {
          soft_target_loss(zeros({2, 3}), zeros({2, 4}), 2);
        }) ==
        "soft_target_loss: logits of the student (2, 3) and of the teacher (2, 4) must both be "
        "(N, V)");
  CHECK_THROWS_AS(cosine_loss(zeros({2, 3}), zeros({3, 2})), ShapeError);
  CHECK(message_of<ValueError>([] {
          soft_target_loss(zeros({1, 2}), zeros({1, 2}), 0);
        }) == "soft_target_loss: temperature 0 must be positive and finite");
}
