#pragma once
// T5 (Raffel et al. 2020) as Hugging Face stores it; pretrained/encoder_decoder.h reads and writes
// folders.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "nn/encoder_decoder.h"
#include "nn/pretrained/stored_weights.h"

namespace gradus {

/// The names of all layers in the files.
WeightLayout t5_layout(const EncoderDecoderConfig& config);
/// A config.json, and back. What T5 has no word for is lost. Throws FileError naming `file`.
/// Files of newer programs call every head tied; where it is not scaled, the weights decide.
nlohmann::json t5_config_to_json(const EncoderDecoderConfig& config);
EncoderDecoderConfig t5_config_from_json(const nlohmann::json& object,
                                         const std::filesystem::path& file);

}  // namespace gradus
