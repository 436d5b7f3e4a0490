#pragma once
// The switches of a block that Hugging Face's GPT-2 and BERT do not know, as config.json has them
// under "gradus". Config is GPTConfig or BERTConfig.

#include <nlohmann/json_fwd.hpp>

#include "nn/pretrained/config_reader.h"

namespace gradus {

template <class Config>
nlohmann::json block_switches_to_json(const Config& c);

/// What the reader's object does not say stays as it is.
template <class Config>
void read_block_switches(const ConfigReader& own, Config& c);

}  // namespace gradus
