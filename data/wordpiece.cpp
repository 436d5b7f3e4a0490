#include "data/wordpiece.h"

#include <algorithm>

#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  size_t end = 0;  // of what has been copied
  std::string result;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, end)) {
    result.append(text, end, at - end).append(to);
    end = at + from.size();
  }
  if (end > 0) text = result.append(text, end);
}

// Hugging Face's clean_up_tokenization.
void remove_spaces_before_marks(std::string& text) {
  constexpr std::pair<const char*, const char*> marks[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : marks) replace_all(text, from, to);
}

std::vector<AddedToken> known_bert_tokens(const WordPieceTokenizer& tokenizer) {
  std::vector<AddedToken> known;
  for (const char* token : bert_tokens) {
    if (const auto id = tokenizer.find(token)) known.push_back({*id});
  }
  return known;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceVocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)), special_(vocabulary_.tokens.size()) {
  for (size_t i = 0; i < vocabulary_.tokens.size(); ++i) {
    const std::string& token = vocabulary_.tokens[i];
    check_value(!token.empty(), "WordPiece: token {} is empty", i);
    check_utf8("WordPiece: a token", token);
    check_value(token.find_first_of("\r\n") == token.npos,
                "WordPiece: token {} has a line break, which vocab.txt cannot hold", i);
    check_value(ids_.emplace(token, static_cast<int32_t>(i)).second,
                "WordPiece: the token {} occurs twice, last as {}", token, i);
    longest_ = std::max(longest_, token.size());
  }
  unknown_ = id(unknown_token);
  const std::vector<AddedToken> bert = known_bert_tokens(*this);
  if (!vocabulary_.added) vocabulary_.added = bert;
  for (const AddedToken& token : bert) special_[static_cast<size_t>(token.id)] = true;
  std::vector<AddedTokens::Entry> found_first;
  for (const AddedToken& token : *vocabulary_.added) {
    check_id(token.id, found_first.size());
    const auto i = static_cast<size_t>(token.id);
    special_[i] = special_[i] || token.special;
    found_first.push_back({vocabulary_.tokens[i], token.id});
  }
  added_ = AddedTokens(std::move(found_first));
}

WordPieceTokenizer WordPieceTokenizer::load(const std::filesystem::path& directory) {
  WordPieceVocabulary vocabulary = read_wordpiece_files(directory);
  try {
    return WordPieceTokenizer(std::move(vocabulary));
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", directory.string(), error.what()));
  }
}

void WordPieceTokenizer::save(const std::filesystem::path& directory) const {
  write_wordpiece_files(vocabulary_, directory);
}

std::optional<int32_t> WordPieceTokenizer::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

int32_t WordPieceTokenizer::id(std::string_view token) const {
  const std::optional<int32_t> found = find(token);
  check_value(found.has_value(), "WordPiece: the vocabulary has no {}", token);
  return *found;
}

void WordPieceTokenizer::check_id(int32_t id, size_t position) const {
  check_value(id >= 0 && id < vocab_size(), "WordPiece: id {} at position {} is outside [0, {})",
              id, position, vocab_size());
}

bool WordPieceTokenizer::is_special(int32_t id) const {
  check_id(id, 0);
  return special_[static_cast<size_t>(id)];
}

// Cuts words into pieces, from the left, always the longest token that fits. A word with a rest
// that no token fits is unknown as a whole.
class WordPieceTokenizer::Cutter {
 public:
  explicit Cutter(const WordPieceTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // Adds the pieces of a word of a text that begins `offset` bytes into the whole text.
  void cut(const BertWord& word, size_t index, size_t offset, std::vector<Piece>& pieces) {
    const size_t characters = word.starts.size(), before = pieces.size();
    bool known = characters <= static_cast<size_t>(tokenizer_.vocabulary_.max_characters);
    if (known) spelling_.assign(prefix).append(word.text);
    for (size_t first = 0; known && first < characters;) {
      const auto [last, id] = longest_piece(word, first);
      known = last > first;
      if (known) pieces.push_back({id, source(word, first, last, offset), index});
      first = last;
    }
    if (known) return;
    pieces.resize(before);
    pieces.push_back({tokenizer_.unknown_, source(word, 0, characters, offset), index});
  }

 private:
  struct Longest {
    size_t last;  // one past its last character; `first` if there is no piece
    int32_t id;
  };

  // What stands before a continuing piece has been cut off already: ## takes its last two bytes.
  Longest longest_piece(const BertWord& word, size_t first) {
    const size_t begin = word.starts[first] + (first == 0 ? prefix.size() : 0);
    if (first > 0) prefix.copy(spelling_.data() + begin, prefix.size());
    const std::string_view rest = std::string_view(spelling_).substr(begin);
    for (size_t last = word.starts.size(), end = rest.size(); last > first; --last) {
      if (last < word.starts.size()) end = word.starts[last] + prefix.size() - begin;
      if (end > tokenizer_.longest_) continue;
      const std::optional<int32_t> id = tokenizer_.find(rest.substr(0, end));
      if (id) return {last, *id};
    }
    return {first, 0};
  }

  // The bytes of characters [first, last) in the whole text.
  static ByteRange source(const BertWord& word, size_t first, size_t last, size_t offset) {
    return {offset + word.sources[first].begin, offset + word.sources[last - 1].end};
  }

  const WordPieceTokenizer& tokenizer_;
  std::string spelling_;  // ## and the word, so that a word's byte i is the spelling's i + 2
};

std::vector<WordPieceTokenizer::Piece> WordPieceTokenizer::pieces(std::string_view text) const {
  std::vector<Piece> result;
  Cutter cutter(*this);
  BertWord word;
  size_t index = 0;
  for (const AddedTokens::Segment& segment : added_.split(text)) {
    const auto offset = static_cast<size_t>(segment.text.data() - text.data());
    if (segment.id) {
      result.push_back({*segment.id, {offset, offset + segment.text.size()}, index++});
      continue;
    }
    BertWordReader reader(segment.text, vocabulary_.text);
    while (reader.next(word)) cutter.cut(word, index++, offset, result);
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
    check_id(ids[i], i);
    if (skip_special && is_special(ids[i])) continue;
    const std::string& token = vocabulary_.tokens[static_cast<size_t>(ids[i])];
    if (text.empty()) {
      text += token;
    } else if (token.starts_with(prefix)) {
      text.append(token, prefix.size());
    } else {
      text.append(" ").append(token);
    }
  }
  remove_spaces_before_marks(text);
  return text;
}

}  // namespace gradus
