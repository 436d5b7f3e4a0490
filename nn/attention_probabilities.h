#pragma once
// The probabilities inside attention, which its kernel never keeps.

#include "autograd/ops.h"

namespace gradus {

/// softmax(scale q kᵀ + ...) with all that attention() is told: what it answers where v is the
/// identity. q (B, T, NH, hs), k (B, S, NKV, hs) -> (B, NH, T, S)
Tensor attention_probabilities(const Tensor& q, const Tensor& k,
                               const AttentionOptions& options = {});

}  // namespace gradus
