#pragma once
// Llama (Touvron et al. 2023) and Mistral (Jiang et al. 2023) as Hugging Face stores them: GPTs
// with rotary positions, RMSNorm before each part, SwiGLU and no biases; Mistral's have a window.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "nn/gpt.h"
#include "nn/pretrained/stored_weights.h"

namespace gradus {

/// Writes config.json and model.safetensors, readable as LlamaForCausalLM or, for a model with a
/// window, MistralForCausalLM. Throws ValueError for a model with other switches, FileError.
void save_llama(const GPT& model, const std::filesystem::path& directory);
/// Reads the same, from gradus or from Hugging Face. Throws FileError that names the setting that
/// is not supported, or lists everything that does not fit (the first hundred of it). A width or
/// number of heads that is the default is read as 0, which means it.
GPT load_llama(const std::filesystem::path& directory);
GPTConfig load_llama_config(const std::filesystem::path& directory);

/// The names of all layers in the files.
WeightLayout llama_layout(const GPTConfig& config);
/// A config.json, and back. Throws FileError naming `file`.
nlohmann::json llama_config_to_json(const GPTConfig& config);
GPTConfig llama_config_from_json(const nlohmann::json& object, const std::filesystem::path& file);

}  // namespace gradus
