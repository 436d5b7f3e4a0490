#pragma once
// Forward: what a task model says of encodings. Where its backbone is frozen, the hidden states
// under the head never change: they are computed once and kept.

#include <span>

#include "data/encoding.h"
#include "nn/task_model.h"

namespace gradus {

class Forward {
 public:
  /// The model and the encodings must outlive this. With a frozen backbone, which is read without
  /// dropout and gets no gradient, the hidden states are computed here, unless they would take
  /// more than a gigabyte.
  Forward(const TaskModel& model, std::span<const Encoding> encodings, int32_t pad_id,
          bool frozen_backbone = false);

  /// Logits of these encodings, (B, outputs), or (B, T, outputs) where every token is read.
  Tensor operator()(std::span<const int64_t> rows) const;
  /// Logits of all encodings without dropout and gradients, (outputs) or (T, outputs) each.
  std::vector<Tensor> all() const;

 private:
  Tensor states(std::span<const int64_t> rows) const;
  Tensor kept_states(std::span<const int64_t> rows) const;
  template <class Visit>
  void for_all_batches(Visit visit) const;

  const TaskModel& model_;
  std::span<const Encoding> encodings_;
  int32_t pad_id_;
  bool frozen_;
  std::vector<Tensor> kept_;  // what the head sees of each encoding: (T, C), or (1, C)
};

}  // namespace gradus
