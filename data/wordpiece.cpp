#include "data/wordpiece.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr const char* unknown_token = "[UNK]";
constexpr const char* special_tokens[] = {"[PAD]", unknown_token, "[CLS]", "[SEP]", "[MASK]"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Hugging Face's clean_up_tokenization.
void remove_spaces_before_marks(std::string& text) {
  constexpr std::pair<const char*, const char*> marks[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : marks) replace_all(text, from, to);
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceVocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  for (size_t i = 0; i < vocabulary_.tokens.size(); ++i) {
    const std::string& token = vocabulary_.tokens[i];
    check_value(!token.empty(), "WordPiece: token {} is empty", i);
    check_value(ids_.emplace(token, static_cast<int32_t>(i)).second,
                "WordPiece: the token {} occurs twice, last as {}", token, i);
    longest_ = std::max(longest_, token.size());
  }
  unknown_ = id(unknown_token);
  std::vector<AddedTokens::Entry> special;
  for (const char* token : special_tokens) {
    const auto found = ids_.find(token);
    if (found != ids_.end()) special.push_back({token, found->second});
  }
  special_ = AddedTokens(std::move(special));
}

WordPieceTokenizer WordPieceTokenizer::load(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / file_name;
  const std::string text = read_file(file);
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check<FileError>(!bad, "{}: not valid UTF-8 at byte {}", file.string(), bad.value_or(0));
  WordPieceVocabulary vocabulary;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string token = text.substr(begin, end - begin);
    if (token.ends_with('\r')) token.pop_back();
    vocabulary.tokens.push_back(std::move(token));
    begin = end + 1;
  }
  const std::filesystem::path config = directory / "tokenizer_config.json";
  if (std::filesystem::exists(config)) {
    const nlohmann::json object = read_json(config);
    const auto flag = [&](const char* key) -> std::optional<bool> {
      if (!object.is_object() || !object.contains(key) || object[key].is_null()) return {};
      check<FileError>(object[key].is_boolean(), "{}: '{}' must be true or false", config.string(),
                       key);
      return object[key].get<bool>();
    };
    vocabulary.text.lowercase = flag("do_lower_case").value_or(true);
    vocabulary.text.strip_accents = flag("strip_accents");
    vocabulary.text.handle_chinese_chars = flag("tokenize_chinese_chars").value_or(true);
  }
  try {
    return WordPieceTokenizer(std::move(vocabulary));
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

void WordPieceTokenizer::save(const std::filesystem::path& directory) const {
  write_file_atomically(directory / file_name,
                        fmt::format("{}\n", fmt::join(vocabulary_.tokens, "\n")));
  const BertTextOptions& text = vocabulary_.text;
  nlohmann::ordered_json config{{"tokenizer_class", "BertTokenizer"},
                                {"do_lower_case", text.lowercase},
                                {"strip_accents", nullptr},
                                {"tokenize_chinese_chars", text.handle_chinese_chars}};
  if (text.strip_accents) config["strip_accents"] = *text.strip_accents;
  write_file_atomically(directory / "tokenizer_config.json", config.dump(2) + "\n");
}

int32_t WordPieceTokenizer::id(const std::string& token) const {
  const auto found = ids_.find(token);
  check_value(found != ids_.end(), "WordPiece: the vocabulary has no {}", token);
  return found->second;
}

bool WordPieceTokenizer::is_special(int32_t id) const {
  const std::string& token = vocabulary_.tokens[static_cast<size_t>(id)];
  return std::any_of(std::begin(special_tokens), std::end(special_tokens),
                     [&](const char* special) { return token == special; });
}

// From the left, always the longest token that fits. A word with a rest that no token fits is
// unknown as a whole.
void WordPieceTokenizer::cut(const BertWord& word, size_t index, size_t offset,
                             std::vector<Piece>& pieces) const {
  const size_t characters = word.starts.size();
  const auto source = [&](size_t first, size_t last) {  // of characters [first, last)
    return ByteRange{offset + word.sources[first].begin, offset + word.sources[last - 1].end};
  };
  const size_t before = pieces.size();
  bool known = characters <= static_cast<size_t>(vocabulary_.max_characters);
  for (size_t first = 0; known && first < characters;) {
    const std::string start = first == 0 ? "" : prefix;
    size_t last = characters;
    for (known = false; last > first; --last) {
      const size_t begin = word.starts[first];
      const size_t end = last < characters ? word.starts[last] : word.text.size();
      if (start.size() + end - begin > longest_) continue;
      const auto found = ids_.find(start + word.text.substr(begin, end - begin));
      if (found == ids_.end()) continue;
      pieces.push_back({found->second, source(first, last), index});
      known = true;
      break;
    }
    first = last;
  }
  if (known) return;
  pieces.resize(before);
  pieces.push_back({unknown_, source(0, characters), index});
}

std::vector<WordPieceTokenizer::Piece> WordPieceTokenizer::pieces(std::string_view text) const {
  std::vector<Piece> result;
  size_t word = 0;
  for (const AddedTokens::Segment& segment : special_.split(text)) {
    const auto offset = static_cast<size_t>(segment.text.data() - text.data());
    if (segment.id) {
      result.push_back({*segment.id, {offset, offset + segment.text.size()}, word++});
      continue;
    }
    for (const BertWord& w : bert_words(segment.text, vocabulary_.text)) {
      cut(w, word++, offset, result);
    }
  }
  return result;
}

std::vector<int32_t> WordPieceTokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  for (const Piece& piece : pieces(text)) ids.push_back(piece.id);
  return ids;
}

std::string WordPieceTokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    check_value(ids[i] >= 0 && ids[i] < vocab_size(),
                "WordPiece: id {} at position {} is outside [0, {})", ids[i], i, vocab_size());
    if (skip_special && is_special(ids[i])) continue;
    const std::string& token = vocabulary_.tokens[static_cast<size_t>(ids[i])];
    const bool continues = token.starts_with(prefix);
    if (text.empty()) {
      text += token;
    } else {
      text += continues ? token.substr(2) : " " + token;
    }
  }
  remove_spaces_before_marks(text);
  return text;
}

}  // namespace gradus
