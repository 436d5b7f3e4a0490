#pragma once
// Any GPT in a folder, by the model_type of its config.json: gpt2 and gradus-gpt (gpt2.h), llama
// and mistral (llama.h).

#include <filesystem>

#include "nn/gpt.h"

namespace gradus {

/// Throws FileError for any other model_type, and as the family's own function does.
GPT load_gpt(const std::filesystem::path& directory);
GPTConfig load_gpt_config(const std::filesystem::path& directory);

}  // namespace gradus
