#include "nn/distillation.h"

#include <cmath>

#include "autograd/mode.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr const char* layer_prefix = "bert.h.";

// The teacher's name for a parameter of the student: "bert.h.1.ln_1.weight" may be its layer 2.
std::string teachers_name(const std::string& name, const std::vector<int64_t>& kept) {
  if (!name.starts_with(layer_prefix)) return name;
  const size_t begin = std::string_view(layer_prefix).size(), end = name.find('.', begin);
  const size_t layer = std::stoul(name.substr(begin, end - begin));
  return fmt::format("{}{}{}", layer_prefix, kept[layer], name.substr(end));
}

}  // namespace

std::vector<int64_t> layers_to_keep(int64_t teacher, int64_t student) {
  check_value(student >= 1 && student <= teacher,
              "distillation: a student of {} layers must have between 1 and the {} of its teacher",
              student, teacher);
  std::vector<int64_t> kept{0};
  for (int64_t i = 1; i < student; ++i) {
    const int64_t steps = student - 1;
    kept.push_back((2 * i * (teacher - 1) + steps) / (2 * steps));
  }
  return kept;
}

BERTForPreTraining make_student(const BERTForPreTraining& teacher, const BERTConfig& config) {
  const std::vector<int64_t> kept = layers_to_keep(teacher.config().n_layer, config.n_layer);
  BERTConfig expected = teacher.config();
  expected.n_layer = config.n_layer;
  expected.dropout = config.dropout;
  check_value(
      config == expected,
      "distillation: a student may differ from its teacher in its layers and its dropout alone");
  BERTForPreTraining student(config, false);
  const NoGrad guard;
  for (NamedTensor& p : student.named_parameters()) {
    p.tensor.copy_(teacher.find(teachers_name(p.name, kept)));
  }
  return student;
}

Tensor soft_target_loss(const Tensor& student, const Tensor& teacher, real temperature) {
  check_shape(
      student.rank() == 2 && student.shape() == teacher.shape(),
      "soft_target_loss: logits of the student {} and of the teacher {} must both be (N, V)",
      student.shape(), teacher.shape());
  check_value(temperature > 0 && std::isfinite(temperature),
              "soft_target_loss: temperature {} must be positive and finite", temperature);
  const real T = temperature, N = static_cast<real>(std::max<int64_t>(1, student.dim(0)));
  const Tensor log_p = log_softmax(teacher.detach() / T, -1);  // (N, V)
  const Tensor log_q = log_softmax(student / T, -1);           // (N, V)
  return sum(exp(log_p) * (log_p - log_q)) * (T * T / N);
}

Tensor cosine_loss(const Tensor& student, const Tensor& teacher) {
  check_shape(student.rank() == 2 && student.shape() == teacher.shape(),
              "cosine_loss: states of the student {} and of the teacher {} must both be (N, C)",
              student.shape(), teacher.shape());
  constexpr real eps = real(1e-12);  // a row of zeros points nowhere
  const Tensor x = student, y = teacher.detach();
  const Tensor squares = (sum(x * x, {1}) + eps) * (sum(y * y, {1}) + eps);  // (N)
  return mean(1 - sum(x * y, {1}) * rsqrt(squares));
}

}  // namespace gradus
