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

EncoderDecoderMaps attention_maps(const EncoderDecoder& model, const Tokens& source,
                                  const Tokens& inputs) {
  const EvalMode evaluation;
  EncoderDecoderMaps maps;
  const Tensor memory = model.encoder(model.wte(source), {.maps = &maps.encoder});
  model.decoder(model.wte(inputs),
                {.memory = memory, .maps = &maps.decoder, .cross_maps = &maps.cross});
  return maps;
}

}  // namespace gradus
