#include "train/distill_objective.h"

#include <algorithm>

#include "autograd/checkpoint.h"
#include "autograd/mode.h"
#include "data/batches.h"
#include "tensor/errors.h"
#include "train/filled_text.h"

namespace gradus {
namespace {

// Sums over batches, of which means are made.
struct DistillTally {
  double tokens = 0, soft = 0, cosine = 0;
  double targets = 0, masked = 0, student_right = 0, teacher_right = 0, agreed = 0;

  void add(const Distillation& d);
  Objective::Losses losses(const DistillOptions& options) const;
};

void DistillTally::add(const Distillation& d) {
  const auto n = static_cast<double>(d.tokens), m = static_cast<double>(d.targets.numel());
  tokens += n;
  targets += m;
  soft += n * static_cast<double>(d.soft.item());
  cosine += n * static_cast<double>(d.cosine.item());
  masked += m * static_cast<double>(d.masked.item());
  for (int64_t i = 0; i < d.targets.numel(); ++i) {
    const int32_t truth = d.targets.data()[i];
    const int32_t student = d.student_says.data()[i], teacher = d.teacher_says.data()[i];
    student_right += student == truth ? 1 : 0;
    teacher_right += teacher == truth ? 1 : 0;
    agreed += student == teacher ? 1 : 0;
  }
}

Objective::Losses DistillTally::losses(const DistillOptions& o) const {
  const double n = std::max(1.0, tokens), m = std::max(1.0, targets);
  const double kl = soft / n, mlm = masked / m, apart = cosine / n;
  const double loss = static_cast<double>(o.soft_weight) * kl +
                      static_cast<double>(o.masked_weight) * mlm +
                      static_cast<double>(o.cosine_weight) * apart;
  return {.loss = loss,
          .measures = {{"mlm_loss", mlm},
                       {"mlm_accuracy", student_right / m},
                       {"teacher_accuracy", teacher_right / m},
                       {"agreement", agreed / m},
                       {"kl", kl},
                       {"cosine_loss", apart}},
          .note = fmt::format("MLM {:.4f}, {:.1f} % right (teacher {:.1f} %), {:.1f} % as the "
                              "teacher; KL {:.4f}, cosine {:.4f}",
                              mlm, 100 * student_right / m, 100 * teacher_right / m,
                              100 * agreed / m, kl, apart)};
}

// Soft targets over the rows of the hidden states x and y (N, C), so many rows at a time -> ()
Tensor soft_loss(const BERTForPreTraining& teacher, const BERTForPreTraining& student,
                 const Tensor& x, const Tensor& y, real temperature, int64_t most) {
  const int64_t N = x.dim(0);
  const auto part = [&teacher, &student, temperature](std::span<const Tensor> states) {
    Tensor says;
    {
      const NoGrad guard;
      says = teacher.mlm(states[1]);
    }
    return soft_target_loss(student.mlm(states[0]), says, temperature);
  };
  if (N <= most) return part(std::vector<Tensor>{x, y});
  std::vector<Tensor> parameters;
  for (const NamedTensor& p : student.mlm.named_parameters()) parameters.push_back(p.tensor);
  Tensor total = scalar(0);
  for (int64_t begin = 0; begin < N; begin += most) {
    const int64_t count = std::min(most, N - begin);
    const std::vector<Tensor> states{x.narrow(0, begin, count), y.narrow(0, begin, count)};
    const real share = static_cast<real>(count) / static_cast<real>(N);
    total = total + share * checkpoint(part, states, parameters);
  }
  return total;
}

}  // namespace

Tokens real_positions(const MaskedBatch& batch) {
  std::vector<int32_t> positions;
  for (int64_t i = 0; i < batch.ids.numel(); ++i) {
    const bool padding = batch.key_mask.defined() && batch.key_mask.data()[i] == 0;
    if (!padding) positions.push_back(static_cast<int32_t>(i));
  }
  return Tokens({static_cast<int64_t>(positions.size())}, positions);
}

Distillation distill(const BERTForPreTraining& teacher, const BERTForPreTraining& student,
                     const MaskedBatch& batch, real temperature, int64_t most_logits) {
  const Tokens tokens = real_positions(batch), predicted = predicted_positions(batch);
  Tensor y, teacher_masked;  // (B, T, C), (M, V)
  {
    const EvalMode evaluation;
    y = teacher.bert.hidden(batch.ids, batch.types, batch.key_mask);
    teacher_masked = teacher.mlm(rows_at(y, predicted));
  }
  const Tensor x = student.bert.hidden(batch.ids, batch.types, batch.key_mask);
  const Tensor masked = student.mlm(rows_at(x, predicted));                       // (M, V)
  const Tensor states = rows_at(x, tokens), teacher_states = rows_at(y, tokens);  // (N, C)
  Tokens targets(predicted.shape);
  for (int64_t i = 0; i < predicted.numel(); ++i) {
    targets.data()[i] = batch.targets.data()[predicted.data()[i]];
  }
  const int64_t rows = std::max<int64_t>(1, most_logits / student.config().vocab_size);
  return {.soft = soft_loss(teacher, student, states, teacher_states, temperature, rows),
          .masked = cross_entropy(masked, targets),
          .cosine = cosine_loss(states, teacher_states),
          .targets = targets,
          .student_says = argmax(masked, -1),
          .teacher_says = argmax(teacher_masked, -1),
          .tokens = tokens.numel()};
}

DistillObjective::DistillObjective(const DistillOptions& o, const PretrainingCorpus& corpus,
                                   BERTForPreTraining teacher)
    : BERTObjective(make_student(teacher, o.model), o, corpus),
      options_(o),
      teacher_(std::move(teacher)) {
  check_value(tokenizer_.vocab_size() <= teacher_.config().vocab_size,
              "distill: the tokenizer has {} tokens, the teacher {}", tokenizer_.vocab_size(),
              teacher_.config().vocab_size);
}

Distillation DistillObjective::distilled(const MaskedBatch& batch) const {
  return distill(teacher_, model_, batch, options_.temperature);
}

// The mean over all tokens and over all targets of all batches, some of which may have more of
// them than others.
Objective::Losses DistillObjective::backward(int64_t count) {
  const std::vector<MaskedBatch> batches = next_batches(count);
  int64_t tokens = 0, targets = 0;
  for (const MaskedBatch& batch : batches) {
    tokens += real_positions(batch).numel();
    targets += predicted_positions(batch).numel();
  }
  const auto share = [](int64_t part, int64_t whole) {
    return static_cast<real>(part) / static_cast<real>(std::max<int64_t>(1, whole));
  };
  DistillTally tally;
  for (const MaskedBatch& batch : batches) {
    const Distillation d = distilled(batch);
    tally.add(d);
    const Tensor soft = options_.soft_weight * d.soft, cosine = options_.cosine_weight * d.cosine;
    const Tensor masked = options_.masked_weight * d.masked;
    const Tensor loss =
        share(d.tokens, tokens) * (soft + cosine) + share(d.targets.numel(), targets) * masked;
    loss.backward();
  }
  return tally.losses(options_);
}

Objective::Losses DistillObjective::validate(int64_t batches) {
  const EvalMode evaluation;
  DistillTally tally;
  for (int64_t i = 0; i < batches; ++i) tally.add(distilled(blocks_[i]));
  return tally.losses(options_);
}

std::string DistillObjective::sample(uint64_t seed) {
  const EvalMode evaluation;
  const MaskedBatch batch = sample_batch(seed);
  const Distillation d = distilled(batch);
  const auto token = [&](const Tokens& ids, int64_t i) {
    return tokenizer_.vocabulary().tokens[static_cast<size_t>(ids.data()[i])];
  };
  return filled_text(batch, tokenizer_, [&](int64_t i) {
    return fmt::format("teacher {:<12} student {}", token(d.teacher_says, i),
                       token(d.student_says, i));
  });
}

std::string DistillObjective::about() const {
  return fmt::format("teacher: {} layers, {} parameters; student: {} layers, {} parameters",
                     teacher_.config().n_layer, teacher_.num_parameters(), model_.config().n_layer,
                     model_.num_parameters());
}

}  // namespace gradus
