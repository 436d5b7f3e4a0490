#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "data/utf8.h"
#include "data/wordpiece_vocabulary.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

bool vocabulary_is_there(const path& file) {
  std::error_code none;
  return std::filesystem::exists(file, none);
}

std::vector<std::string> read_vocab_txt(const path& path) {
  const std::string text = read_file(path), file = path.string();
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check<FileError>(!bad, "{}: not valid UTF-8 at byte {}", file, bad.value_or(0));
  std::vector<std::string> tokens;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string token = text.substr(begin, end - begin);
    if (token.ends_with('\r')) token.pop_back();
    check<FileError>(!token.empty(), "{}:{}: an empty line, where a token must stand", file,
                     tokens.size() + 1);
    tokens.push_back(std::move(token));
    begin = end + 1;
  }
  return tokens;
}

// A switch that a file may leave open.
std::optional<bool> flag(const json& object, const char* key, const std::string& file) {
  const json value = object.value(key, json());
  if (value.is_null()) return {};
  check<FileError>(value.is_boolean(), "{}: {} is {}, it must be true or false", file, key,
                   excerpt(value));
  return value.get<bool>();
}

BertTextOptions read_tokenizer_config(const path& path) {
  const json config = read_json(path);
  const std::string file = path.string();
  check<FileError>(config.is_object(), "{}: must be an object, it is {}", file, excerpt(config));
  return {.handle_chinese_chars = flag(config, "tokenize_chinese_chars", file).value_or(true),
          .lowercase = flag(config, "do_lower_case", file).value_or(true),
          .strip_accents = flag(config, "strip_accents", file)};
}

}  // namespace

bool has_wordpiece_files(const path& directory) {
  return vocabulary_is_there(directory / "vocab.txt");
}

WordPieceVocabulary read_wordpiece_files(const path& directory) {
  WordPieceVocabulary vocabulary{read_vocab_txt(directory / "vocab.txt")};
  const path config = directory / "tokenizer_config.json";
  if (vocabulary_is_there(config)) vocabulary.text = read_tokenizer_config(config);
  return vocabulary;
}

}  // namespace gradus
