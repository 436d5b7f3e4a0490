#pragma once
// What the readers and writers of tokenizer.json (Hugging Face's tokenizers) share, whatever the
// model: fields that must have a value we understand, vocabularies without holes, added tokens.

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/added_tokens.h"

namespace gradus {

/// A token as a file spells it -> its id.
using SpelledTokens = std::map<std::string, int32_t>;

struct AddedSpelling {
  std::string content;
  AddedToken token;
};

/// Throws FileError unless the field has one of the values; an absent field is null.
void expect_field(const nlohmann::json& object, const char* name,
                  const std::vector<nlohmann::json>& understood, const std::string& file);

/// The model's type in a folder's tokenizer.json: "BPE", "WordPiece"; empty where there is no such
/// file or it does not say. Throws FileError for a file that is no JSON.
std::string model_type(const std::filesystem::path& directory);

/// {"token": id, ...}, ids in [0, 2^31). Throws FileError.
SpelledTokens spelled_tokens(const nlohmann::json& vocab, const std::string& file);

/// Adds the tokens of "added_tokens" to the others; where a token is among them, the ids must
/// agree. Throws FileError, also for tokens that swallow the white space after them.
std::vector<AddedSpelling> spelled_added_tokens(const nlohmann::json& list, SpelledTokens& spelled,
                                                const std::string& file);

/// Tokens by id. Throws FileError unless the ids are 0 to n - 1.
std::vector<std::string> tokens_by_id(const SpelledTokens& spelled, const std::string& file);

/// {"a": 0, "b": 1}, in the order of the ids.
std::string vocab_json(const std::vector<std::string>& spelled);

/// "added_tokens", by id: Hugging Face's tokenizers reads them in this order.
std::string added_tokens_json(const std::vector<AddedToken>& added,
                              const std::vector<std::string>& tokens);

}  // namespace gradus
