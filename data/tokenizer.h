#pragma once
// Tokenizer: any one of the kinds of tokenizer, as a value. A new kind needs encode, decode,
// vocab_size, save and load, a place in `Kind`, and a line in Tokenizer::load.

#include <optional>
#include <variant>

#include "data/bpe_tokenizer.h"
#include "data/char_tokenizer.h"
#include "data/wordpiece.h"

namespace gradus {

class Tokenizer {
 public:
  using Kind = std::variant<CharTokenizer, BPETokenizer, WordPieceTokenizer>;

  /// Tokenizer tokenizer(CharTokenizer::train(text));
  explicit Tokenizer(Kind kind) : kind_(std::move(kind)) {}

  /// The tokenizer whose files lie in a model folder: char_vocab.json, those of bpe_vocabulary.h,
  /// or those of wordpiece_vocabulary.h. Throws FileError if there is none.
  static Tokenizer load(const std::filesystem::path& directory);
  /// Writes those files. Throws FileError.
  void save(const std::filesystem::path& directory) const;

  /// Throws ValueError for text that the vocabulary cannot express.
  std::vector<int32_t> encode(std::string_view text) const;
  /// Throws ValueError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids) const;
  int64_t vocab_size() const;
  /// The id of <|endoftext|>, if this is a BPE whose vocabulary has that token.
  std::optional<int32_t> end_of_text_id() const;
  /// What stands around a text that a model reads, if this is a BPE whose files say so.
  TextFrame frame() const;
  /// Two tokenizers with the same digest encode alike (unless by a rare accident; see digest.h).
  uint64_t digest() const;

  /// For what only one kind can do: std::get_if<CharTokenizer>(&tokenizer.kind()).
  const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace gradus
