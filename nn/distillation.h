#pragma once
// Knowledge distillation (Hinton et al. 2015) as DistilBERT does it (Sanh et al. 2019): a student
// with some of its teacher's layers learns what the teacher says of every token, not only which
// token was right.

#include "nn/bert.h"

namespace gradus {

/// The layers of a teacher that a student begins with: the first, the last, and as evenly between
/// as can be, round(i (teacher - 1) / (student - 1)) for i = 0 ... student - 1, halves up. Of 12
/// for 6 these are DistilBERT's 0, 2, 4, 7, 9, 11; a student of one layer takes the first. Throws
/// ValueError unless 1 <= student <= teacher.
std::vector<int64_t> layers_to_keep(int64_t teacher, int64_t student);

/// A student of config.n_layer layers: copies of the chosen layers, of the embeddings and of the
/// head for masked tokens. Like DistilBERT it has neither pooler nor next-sentence prediction;
/// unlike it, it keeps the token types, which are part of our BERT. Throws ValueError as
/// layers_to_keep, and if config differs from the teacher's in more than layers and dropout.
BERTForPreTraining make_student(const BERTForPreTraining& teacher, const BERTConfig& config);

/// Soft targets (Hinton et al. 2015, section 2): with p = softmax(teacher / T) and
/// q = softmax(student / T)
///   T² KL(p || q) = T² sum_v p_v (ln p_v - ln q_v),   d/d student = T (q - p)
/// meaned over rows; T² makes up for the 1/T² in the gradients of softened logits. No gradient
/// flows to the teacher. Logits (N, V), temperature T > 0 -> ()
Tensor soft_target_loss(const Tensor& student, const Tensor& teacher, real temperature);

/// mean(1 - cos(x_i, y_i)) over rows: hidden states that point where the teacher's do (Sanh et al.
/// 2019, section 2). No gradient flows to the teacher. (N, C) -> ()
Tensor cosine_loss(const Tensor& student, const Tensor& teacher);

}  // namespace gradus
