#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/wordpiece_vocabulary.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(std::optional<bool> value) {
  return value ? ordered_json(*value) : ordered_json();
}

std::string tokenizer_config(const BertTextOptions& text) {
  const ordered_json config{{"tokenizer_class", "BertTokenizer"},
                            {"do_lower_case", text.lowercase},
                            {"strip_accents", or_null(text.strip_accents)},
                            {"tokenize_chinese_chars", text.handle_chinese_chars}};
  return config.dump(2) + "\n";
}

}  // namespace

void write_wordpiece_files(const WordPieceVocabulary& vocabulary,
                           const std::filesystem::path& directory) {
  write_file_atomically(directory / "vocab.txt",
                        fmt::format("{}\n", fmt::join(vocabulary.tokens, "\n")));
  write_file_atomically(directory / "tokenizer_config.json", tokenizer_config(vocabulary.text));
}

}  // namespace gradus
