#pragma once
// What is known of a model's shape besides its parameters: formulas, cache, arithmetic.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "nn/bert.h"
#include "nn/encoder_decoder.h"
#include "nn/gpt.h"

namespace gradus {

/// As text for people, and the same as an object.
struct ModelFacts {
  std::string text;
  nlohmann::ordered_json json;
};

ModelFacts model_facts(const GPTConfig& config);
ModelFacts model_facts(const BERTConfig& config, bool next_sentence);
ModelFacts model_facts(const EncoderDecoderConfig& config);

}  // namespace gradus
