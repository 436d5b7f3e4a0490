#pragma once
// BERT's tokenizer: WordPiece (Schuster & Nakajima 2012; Wu et al. 2016, section 4.1). A word is
// cut greedily into the longest pieces that the vocabulary has; all but the first carry the prefix
// ##.
//
//   "unaffable" -> un ##aff ##able

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/bert_text.h"

namespace gradus {

struct WordPieceVocabulary {
  std::vector<std::string> tokens;  // id -> token, with its ##
  BertTextOptions text = {};
  int64_t max_characters = 100;  // a longer word is one [UNK]
};

class WordPieceTokenizer {
 public:
  static constexpr const char* file_name = "vocab.txt";
  static constexpr const char* prefix = "##";

  /// Throws ValueError for an empty or repeated token, and without [UNK].
  explicit WordPieceTokenizer(WordPieceVocabulary vocabulary);
  /// Reads vocab.txt, a token per line, and do_lower_case, strip_accents and
  /// tokenize_chinese_chars from tokenizer_config.json if that is there. Throws FileError.
  static WordPieceTokenizer load(const std::filesystem::path& directory);
  /// Writes both. Throws FileError.
  void save(const std::filesystem::path& directory) const;

  /// A token and the bytes of the text that it stands for.
  struct Piece {
    int32_t id;
    ByteRange source;
    size_t word;  // index of its word in the text: pieces of one word share it
  };
  /// The pieces of a text, without [CLS] and [SEP]; special tokens in the text are found first.
  std::vector<Piece> pieces(std::string_view text) const;
  std::vector<int32_t> encode(std::string_view text) const;
  /// Words with spaces between them, and none before marks such as "." and ","; special tokens
  /// are left out if asked for. Throws ValueError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids, bool skip_special = false) const;

  int64_t vocab_size() const { return static_cast<int64_t>(vocabulary_.tokens.size()); }
  const WordPieceVocabulary& vocabulary() const { return vocabulary_; }
  /// The id of a token, such as "[MASK]". Throws ValueError if the vocabulary lacks it.
  int32_t id(const std::string& token) const;
  bool is_special(int32_t id) const;

 private:
  void cut(const BertWord& word, size_t index, size_t offset, std::vector<Piece>& pieces) const;

  WordPieceVocabulary vocabulary_;
  std::unordered_map<std::string, int32_t> ids_;
  AddedTokens special_;
  size_t longest_ = 0;  // bytes of the longest token
  int32_t unknown_ = 0;
};

}  // namespace gradus
