#include "nn/attention_maps.h"

#include "autograd/mode.h"

namespace gradus {

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
