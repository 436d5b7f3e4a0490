#pragma once
// Who looks at whom, in a whole model.

#include <vector>

#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

/// The probabilities of every layer's attention (nn/attention_probabilities.h), (B, NH, T, T) each,
/// for ids (B, T).
std::vector<Tensor> attention_maps(const GPT& model, const Tokens& ids);
std::vector<Tensor> attention_maps(const BERT& model, const Tokens& ids, const Tokens& types,
                                   const Tensor& key_mask = {});

}  // namespace gradus
