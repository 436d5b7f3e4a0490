#pragma once
// What is common to all models of a family: a network up to its last hidden states, whatever head
// lies beside it.

#include <filesystem>
#include <variant>

#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

using Trunk = std::variant<BERT, GPT>;
/// That of any BERT or GPT directory, pre-trained or fine-tuned. Throws FileError.
Trunk load_trunk(const std::filesystem::path& directory);

}  // namespace gradus
