#pragma once
// What a folder of Hugging Face says about the tokens around a text (TextFrame), as its fast
// tokenizers read it: the post-processor of tokenizer.json, and before it the words of
// tokenizer_config.json, add_bos_token and add_eos_token, if it has them.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/bpe_vocabulary.h"
#include "data/tokenizer_json.h"

namespace gradus {

/// "post_processor" of a tokenizer.json: null, ByteLevel, RobertaProcessing, TemplateProcessing, or
/// a Sequence of these. Throws FileError for any other, and for ids that are not in [0,
/// vocab_size).
TextFrame frame_from_json(const nlohmann::json& post_processor, size_t vocab_size,
                          const std::string& file);

/// The same, as a TemplateProcessing, or ByteLevel for no frame. `tokens` are spelled by id.
std::string frame_json(const TextFrame& frame, const std::vector<std::string>& tokens);

/// The frame with what the folder's tokenizer_config.json says of it. The tokens that it means are
/// its bos_token and eos_token, or bos_token_id and eos_token_id of config.json. Throws FileError
/// for one that there is not.
TextFrame frame_as_configured(TextFrame frame, const SpelledTokens& spelled,
                              const std::filesystem::path& directory);

}  // namespace gradus
