#pragma once
// Distillation: a small BERT learns from a large one (nn/distillation.h). Per batch
//   loss = soft_weight T² KL(teacher || student)   over all tokens that are no padding
//        + masked_weight cross_entropy(student)    over the masked tokens
//        + cosine_weight (1 - cos(states))         over all tokens that are no padding
// as DistilBERT's train code has it (Sanh et al. 2019). Neither next-sentence prediction nor a
// pooler takes part; texts are framed as the teacher learned to read them.

#include "nn/distillation.h"
#include "train/distill_options.h"
#include "train/masked_objective.h"

namespace gradus {

/// What teacher and student make of a batch, and how far they are apart.
struct Distillation {
  Tensor soft, masked, cosine;  // (): the three losses, without their weights
  Tokens targets;               // (M) of the M predicted tokens
  Tokens student_says;          // (M) the likeliest token of each
  Tokens teacher_says;          // (M)
  int64_t tokens = 0;           // that are no padding
};
/// Logits of more than `most_logits` numbers are computed part by part, and again in backward.
Distillation distill(const BERTForPreTraining& teacher, const BERTForPreTraining& student,
                     const MaskedBatch& batch, real temperature,
                     int64_t most_logits = int64_t{1} << 24);

/// Where the tokens that are no padding stand among all B T, counted row by row -> (N)
Tokens real_positions(const MaskedBatch& batch);

class DistillObjective : public BERTObjective {
 public:
  /// The student begins with layers of the teacher. Throws ValueError unless it has fewer layers or
  /// as many, and for a vocabulary that is not the teacher's.
  DistillObjective(const DistillOptions& options, const PretrainingCorpus& corpus,
                   BERTForPreTraining teacher);

  const BERTForPreTraining& teacher() const { return teacher_; }
  Losses backward(int64_t batches) override;
  /// Among the measures: the accuracy of the student and of the teacher on masked tokens, and how
  /// often they agree.
  Losses validate(int64_t batches) override;
  /// Some held-out text with its masks, and what teacher and student say.
  std::string sample(uint64_t seed) override;
  /// A batch of what is held out.
  MaskedBatch validation_batch(int64_t i) const { return blocks_[i]; }
  std::string about() const override;

 private:
  Distillation distilled(const MaskedBatch& batch) const;

  DistillOptions options_;
  BERTForPreTraining teacher_;
};

}  // namespace gradus
