#pragma once
// Who looks at whom, in a whole model.

#include <vector>

#include "nn/bert.h"
#include "nn/encoder_decoder.h"
#include "nn/gpt.h"

namespace gradus {

/// The probabilities of every layer's attention (nn/attention_probabilities.h), (B, NH, T, T) each,
/// for ids (B, T).
std::vector<Tensor> attention_maps(const GPT& model, const Tokens& ids);
std::vector<Tensor> attention_maps(const BERT& model, const Tokens& ids, const Tokens& types,
                                   const Tensor& key_mask = {});

/// Of the two sides, and from the decoder to the encoder.
struct EncoderDecoderMaps {
  std::vector<Tensor> encoder;  // (B, NH, S, S) a layer
  std::vector<Tensor> decoder;  // (B, NH, T, T)
  std::vector<Tensor> cross;    // (B, NH, T, S)
};
/// source (B, S); inputs (B, T), the target behind the start token.
EncoderDecoderMaps attention_maps(const EncoderDecoder& model, const Tokens& source,
                                  const Tokens& inputs);

}  // namespace gradus
