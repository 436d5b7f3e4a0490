#pragma once
// GPT-2 as Hugging Face stores it: config.json and model.safetensors in one folder.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "nn/gpt.h"
#include "nn/pretrained/stored_weights.h"

namespace gradus {

/// Writes config.json and model.safetensors into `directory`, readable by Hugging Face's
/// GPT2LMHeadModel. Absent biases are written as zeros. Throws FileError.
void save_gpt2(const GPT& model, const std::filesystem::path& directory);

/// Writes config.json alone.
void save_gpt2_config(const GPTConfig& config, const std::filesystem::path& directory);

/// Reads the same, from gradus or from Hugging Face. Throws FileError that lists every missing,
/// unexpected or misshapen tensor at once (the first hundred of them).
GPT load_gpt2(const std::filesystem::path& directory);
GPTConfig load_gpt2_config(const std::filesystem::path& directory);
/// Copies the weights of a folder into an existing model, under the same rules. Names and shapes
/// are compared before anything is overwritten; that a tied head's values differ is seen
/// afterwards.
void load_gpt2_weights(GPT& model, const std::filesystem::path& directory);

/// The names of all layers in Hugging Face's files.
WeightLayout gpt2_layout(const GPTConfig& config);
/// A layer's bias that the model does not have and Hugging Face's does: written as zeros.
std::vector<std::pair<std::string, Tensor>> gpt2_zero_biases(const GPT& model);
/// Notes each of these that a file has with other numbers.
void check_zero_biases(const GPT& model, StoredWeights& weights);
/// A config.json, and back. Throws FileError naming `file`.
nlohmann::json gpt2_config_to_json(const GPTConfig& config);
GPTConfig gpt2_config_from_json(const nlohmann::json& object, const std::filesystem::path& file);

}  // namespace gradus
