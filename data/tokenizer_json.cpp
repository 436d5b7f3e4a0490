#include "data/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/json.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;

// The id of a token, below 2^31. That there are no holes is seen when all ids are known.
int32_t id_from(const json& value, const std::string& token, const std::string& file) {
  const bool sound = value.is_number_unsigned() && value.get<uint64_t>() < uint64_t{1} << 31;
  check<FileError>(sound, "{}: the id of {} is {}, it must be an integer in [0, 2^31)", file,
                   excerpt(token), excerpt(value));
  return value.get<int32_t>();
}

AddedSpelling added_from(const json& entry, const std::string& file) {
  check<FileError>(entry.is_object() && entry.value("content", json()).is_string() &&
                       entry.value("content", "") != "" && entry.contains("id"),
                   "{}: an added token must have an id and a content, this is {}", file,
                   excerpt(entry));
  for (const char* absent : {"single_word", "rstrip"}) {
    expect_field(entry, absent, {nullptr, false}, file);
  }
  expect_field(entry, "lstrip", {nullptr, false, true}, file);
  expect_field(entry, "special", {nullptr, false, true}, file);
  const std::string content = entry["content"];
  return {content,
          {id_from(entry["id"], content, file), entry.value("special", json(false)) == true,
           entry.value("lstrip", json(false)) == true}};
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

void expect_field(const json& object, const char* name, const std::vector<json>& understood,
                  const std::string& file) {
  const json value = object.value(name, json());
  for (const json& v : understood) {
    if (value == v) return;
  }
  throw FileError(fmt::format("{}: {} is {}; only {} is understood", file, name, excerpt(value),
                              json(understood).dump()));
}

std::string model_type(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "tokenizer.json";
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return {};
  const json document = read_json(path);
  if (!document.is_object()) return {};
  const json model = document.value("model", json());
  const json type = model.is_object() ? model.value("type", json()) : json();
  return type.is_string() ? type.get<std::string>() : std::string();
}

SpelledTokens spelled_tokens(const json& vocab, const std::string& file) {
  check<FileError>(vocab.is_object() && !vocab.empty(),
                   "{}: the vocabulary must be an object of tokens and ids, it is {}", file,
                   excerpt(vocab));
  SpelledTokens spelled;
  for (const auto& [token, id] : vocab.items()) {
    check<FileError>(!token.empty(), "{}: the vocabulary has an empty token", file);
    spelled.emplace(token, id_from(id, token, file));
  }
  return spelled;
}

std::vector<AddedSpelling> spelled_added_tokens(const json& list, SpelledTokens& spelled,
                                                const std::string& file) {
  check<FileError>(list.is_array() || list.is_null(), "{}: added_tokens must be an array", file);
  std::vector<AddedSpelling> all;
  std::set<std::string> seen;
  for (const json& entry : list) {
    const AddedSpelling added = added_from(entry, file);
    check<FileError>(seen.insert(added.content).second, "{}: added_tokens repeats {}", file,
                     excerpt(added.content));
    const auto [place, is_new] = spelled.emplace(added.content, added.token.id);
    check<FileError>(place->second == added.token.id,
                     "{}: {} has the id {} in the vocabulary and {} among the added tokens", file,
                     excerpt(added.content), place->second, added.token.id);
    all.push_back(added);
  }
  return all;
}

// As many ids as tokens, none of them twice and none too large: there are no holes.
std::vector<std::string> tokens_by_id(const SpelledTokens& spelled, const std::string& file) {
  std::vector<std::string> tokens(spelled.size());
  for (const auto& [token, id] : spelled) {
    check<FileError>(static_cast<size_t>(id) < tokens.size(),
                     "{}: the id of {} is {}, but there are {} tokens: the ids have holes", file,
                     excerpt(token), id, tokens.size());
    std::string& place = tokens[static_cast<size_t>(id)];
    check<FileError>(place.empty(), "{}: the id {} belongs to two tokens, one of them {}", file, id,
                     excerpt(token));
    place = token;
  }
  return tokens;
}

std::string vocab_json(const std::vector<std::string>& spelled) {
  std::string text;
  for (size_t id = 0; id < spelled.size(); ++id) {
    text += fmt::format("{}{}: {}", id == 0 ? "" : ", ", quoted(spelled[id]), id);
  }
  return "{" + text + "}";
}

std::string added_tokens_json(const std::vector<AddedToken>& added,
                              const std::vector<std::string>& tokens) {
  std::vector<AddedToken> by_id = added;
  std::ranges::sort(by_id, {}, &AddedToken::id);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AddedToken& token : by_id) {
    list.push_back({{"id", token.id},
                    {"content", tokens[static_cast<size_t>(token.id)]},
                    {"single_word", false},
                    {"lstrip", token.lstrip},
                    {"rstrip", false},
                    {"normalized", false},
                    {"special", token.special}});
  }
  return list.dump();
}

}  // namespace gradus
