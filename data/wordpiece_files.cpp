#include <nlohmann/json.hpp>
#include <unordered_map>

#include "data/file.h"
#include "data/json.h"
#include "data/tokenizer_json.h"
#include "data/utf8.h"
#include "data/wordpiece_json.h"
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
  std::unordered_map<std::string, size_t> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string token = text.substr(begin, end - begin);
    if (token.ends_with('\r')) token.pop_back();
    check<FileError>(!token.empty(), "{}:{}: an empty line, where a token must stand", file,
                     tokens.size() + 1);
    const auto [place, is_new] = lines.emplace(token, tokens.size() + 1);
    check<FileError>(is_new, "{}:{}: the token {} stands in line {} too", file, tokens.size() + 1,
                     token, place->second);
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

std::string tokenizer_config(const BertTextOptions& text) {
  nlohmann::ordered_json config{{"tokenizer_class", "BertTokenizer"},
                                {"do_lower_case", text.lowercase},
                                {"strip_accents", nullptr},
                                {"tokenize_chinese_chars", text.handle_chinese_chars}};
  if (text.strip_accents) config["strip_accents"] = *text.strip_accents;
  return config.dump(2) + "\n";
}

}  // namespace

bool has_wordpiece_files(const path& directory) {
  if (vocabulary_is_there(directory / "tokenizer.json")) {
    return model_type(directory) == "WordPiece";
  }
  return vocabulary_is_there(directory / "vocab.txt");
}

WordPieceVocabulary read_wordpiece_files(const path& directory) {
  const path whole = directory / "tokenizer.json";
  if (vocabulary_is_there(whole)) return read_wordpiece_json(whole);
  WordPieceVocabulary vocabulary{read_vocab_txt(directory / "vocab.txt")};
  const path config = directory / "tokenizer_config.json";
  if (vocabulary_is_there(config)) vocabulary.text = read_tokenizer_config(config);
  return vocabulary;
}

void write_wordpiece_files(const WordPieceVocabulary& vocabulary, const path& directory) {
  write_file_atomically(directory / "vocab.txt",
                        fmt::format("{}\n", fmt::join(vocabulary.tokens, "\n")));
  write_file_atomically(directory / "tokenizer_config.json", tokenizer_config(vocabulary.text));
  write_file_atomically(directory / "tokenizer.json", wordpiece_json(vocabulary));
}

}  // namespace gradus
