#pragma once
// BERT's tokenizer: WordPiece (Schuster & Nakajima 2012; Wu et al. 2016, section 4.1). A word is
// cut greedily into the longest pieces that the vocabulary has; all but the first carry the prefix
// ##.
//
//   "unaffable" -> un ##aff ##able

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/wordpiece_vocabulary.h"

namespace gradus {

class WordPieceTokenizer {
 public:
  static constexpr std::string_view prefix = "##";

  /// Throws ValueError for a token that is empty, repeated, not UTF-8 or has a line break, for an
  /// added token outside the vocabulary, and without [UNK].
  explicit WordPieceTokenizer(WordPieceVocabulary vocabulary);
  /// Reads the files of wordpiece_vocabulary.h. Throws FileError.
  static WordPieceTokenizer load(const std::filesystem::path& directory);
  /// Writes them. Throws FileError.
  void save(const std::filesystem::path& directory) const;

  /// A token and the bytes of the text that it stands for.
  struct Piece {
    int32_t id;
    ByteRange source;
    size_t word;  // index of its word in the text: pieces of one word share it
  };
  /// The pieces of a text, without [CLS] and [SEP]; added tokens in the text are found first.
  std::vector<Piece> pieces(std::string_view text) const;
  std::vector<int32_t> encode(std::string_view text) const;
  /// Words with spaces between them, and none before marks such as "." and ","; special tokens
  /// are left out if asked for. Throws ValueError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids, bool skip_special = false) const;

  int64_t vocab_size() const { return static_cast<int64_t>(vocabulary_.tokens.size()); }
  /// With all added tokens listed.
  const WordPieceVocabulary& vocabulary() const { return vocabulary_; }
  /// The id of a token, such as "[MASK]". Throws ValueError if the vocabulary lacks it.
  int32_t id(std::string_view token) const;
  /// The same; nothing if the vocabulary lacks it.
  std::optional<int32_t> find(std::string_view token) const;
  /// Whether a token is for the model and not part of any text: one of bert_tokens, or added as
  /// special. Throws ValueError for an id outside the vocabulary.
  bool is_special(int32_t id) const;

 private:
  // Lets a table of strings be searched for a part of a string without a copy of it.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  class Cutter;

  void check_id(int32_t id, size_t position) const;

  WordPieceVocabulary vocabulary_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> ids_;
  AddedTokens added_;
  std::vector<bool> special_;  // by id
  size_t longest_ = 0;         // bytes of the longest token
  int32_t unknown_ = 0;
};

}  // namespace gradus
