#include "nn/attention_maps.h"

#include <algorithm>

#include "autograd/mode.h"
#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

Tensor attention_probabilities(const Tensor& q, const Tensor& k, const AttentionOptions& options) {
  const int64_t S = k.dim(1), hs = k.dim(3);
  std::vector<Tensor> columns;
  for (int64_t first = 0; first < S; first += hs) {
    Tensor identity = zeros({S, hs});  // its columns first, first + 1, ...
    for (int64_t i = 0; i < std::min(hs, S - first); ++i) {
      identity.mutable_data()[(first + i) * hs + i] = 1;
    }
    const Tensor v = identity.view({1, S, 1, hs}).expand(k.shape());
    columns.push_back(attention(q, k, v, options));  // (B, T, NH, hs)
  }
  return concat(columns, 3).narrow(3, 0, S).transpose(1, 2);
}

std::vector<Tensor> attention_maps(const GPT& model, const Tokens& ids) {
  const EvalMode evaluation;
  std::vector<Tensor> maps;
  model.hidden(ids, nullptr, &maps);
  return maps;
}

std::vector<Tensor> attention_maps(const BERT& model, const Tokens& ids, const Tokens& types,
                                   const Tensor& key_mask) {
  const EvalMode evaluation;
  std::vector<Tensor> maps;
  model.states(ids, types, key_mask, &maps);
  return maps;
}

}  // namespace gradus
