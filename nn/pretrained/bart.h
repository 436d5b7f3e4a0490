#pragma once
// BART (Lewis et al. 2020) as Hugging Face stores it; pretrained/encoder_decoder.h reads and writes
// folders.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "nn/encoder_decoder.h"
#include "nn/pretrained/stored_weights.h"

namespace gradus {

/// The names of all layers in the files.
WeightLayout bart_layout(const EncoderDecoderConfig& config);
/// A config.json, and back. What BART has no word for is lost. Throws FileError naming `file`.
nlohmann::json bart_config_to_json(const EncoderDecoderConfig& config);
EncoderDecoderConfig bart_config_from_json(const nlohmann::json& object,
                                           const std::filesystem::path& file);

/// BART adds to its logits numbers that it does not train: zeros, by the name final_logits_bias.
std::vector<std::pair<std::string, Tensor>> bart_logits_bias(const EncoderDecoderConfig& config);

}  // namespace gradus
