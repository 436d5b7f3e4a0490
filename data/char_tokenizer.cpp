#include "data/char_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/file.h"
#include "data/json.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;

// The one character of a vocabulary entry. The JSON parser has seen to it that it is UTF-8.
char32_t only_character(const json& entry, const std::string& file, size_t id) {
  check<FileError>(entry.is_string(), "{}: vocab entry {} must be a string, it is {}", file, id,
                   entry.type_name());
  const std::string& text = entry.get_ref<const std::string&>();
  const CodePoint first = text.empty() ? CodePoint{} : decode_utf8(text, 0);
  check<FileError>(first.length > 0 && first.length == text.size(),
                   "{}: vocab entry {} must be exactly one character, it is {}", file, id,
                   excerpt(entry));
  return first.value;
}

void check_document(const json& document, const std::string& file) {
  const bool sound = document.is_object() && document.size() == 3 &&
                     document.value("version", json()) == 1 &&
                     document.value("type", json()) == "char" && document.contains("vocab") &&
                     document["vocab"].is_array();
  check<FileError>(
      sound, R"({}: must be {{"version": 1, "type": "char", "vocab": [...]}} and nothing else)",
      file);
  check<FileError>(!document["vocab"].empty(), "{}: the vocabulary is empty", file);
}

}  // namespace

CharTokenizer::CharTokenizer(std::vector<char32_t> vocab) : vocab_(std::move(vocab)) {
  ids_.assign(*std::ranges::max_element(vocab_) + size_t{1}, -1);
  for (size_t id = 0; id < vocab_.size(); ++id) ids_[vocab_[id]] = static_cast<int32_t>(id);
}

CharTokenizer CharTokenizer::train(std::string_view text) {
  check_value(!text.empty(), "char tokenizer: an empty text has no characters to learn");
  check_utf8("char tokenizer", text);
  std::set<char32_t> characters;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    characters.insert(c.value);
    i += c.length;
  }
  return CharTokenizer({characters.begin(), characters.end()});
}

CharTokenizer CharTokenizer::load(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / file_name;
  const std::string file = path.string();
  const json document = read_json(path);
  check_document(document, file);
  std::vector<char32_t> vocab;
  std::set<char32_t> seen;
  for (const json& entry : document["vocab"]) {
    const char32_t character = only_character(entry, file, vocab.size());
    check<FileError>(seen.insert(character).second, "{}: vocab entry {} repeats {}", file,
                     vocab.size(), describe(character));
    vocab.push_back(character);
  }
  return CharTokenizer(std::move(vocab));
}

void CharTokenizer::save(const std::filesystem::path& directory) const {
  json vocab = json::array();
  for (const char32_t character : vocab_) {
    std::string entry;
    append_utf8(entry, character);
    vocab.push_back(entry);
  }
  const std::string text =
      fmt::format("{{\"version\": 1, \"type\": \"char\", \"vocab\": {}}}\n", vocab.dump());
  write_file_atomically(directory / file_name, text);
}

std::vector<int32_t> CharTokenizer::encode(std::string_view text) const {
  check_utf8("char tokenizer", text);
  std::vector<int32_t> ids;
  ids.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    const int32_t id = c.value < ids_.size() ? ids_[c.value] : -1;
    if (id < 0) {
      throw ValueError(
          fmt::format("char tokenizer: {} at byte offset {} is not among the {} "
                      "characters of the vocabulary",
                      describe(c.value), i, vocab_size()));
    }
    ids.push_back(id);
    i += c.length;
  }
  return ids;
}

std::string CharTokenizer::decode(std::span<const int32_t> ids) const {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    check_value(ids[i] >= 0 && ids[i] < vocab_size(),
                "char tokenizer: id {} at position {} is outside [0, {})", ids[i], i, vocab_size());
    append_utf8(text, vocab_[static_cast<size_t>(ids[i])]);
  }
  return text;
}

}  // namespace gradus
