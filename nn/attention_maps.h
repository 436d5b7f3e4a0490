#pragma once
// Who looks at whom: the probabilities inside attention, which its kernel never keeps.

#include <vector>

#include "autograd/ops.h"
#include "tensor/tokens.h"

namespace gradus {

struct BERT;
struct GPT;

/// softmax(scale q kᵀ + ...) with all that attention() is told: what it answers where v is the
/// identity. q (B, T, NH, hs), k (B, S, NKV, hs) -> (B, NH, T, S)
Tensor attention_probabilities(const Tensor& q, const Tensor& k,
                               const AttentionOptions& options = {});

/// Those of every layer, (B, NH, T, T) each, for ids (B, T).
std::vector<Tensor> attention_maps(const GPT& model, const Tokens& ids);
std::vector<Tensor> attention_maps(const BERT& model, const Tokens& ids, const Tokens& types,
                                   const Tensor& key_mask = {});

}  // namespace gradus
