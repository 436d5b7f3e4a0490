#pragma once
// One token per character: the smallest tokenizer there is (Karpathy's nanoGPT,
// data/shakespeare_char). Characters are Unicode code points; ids follow their order.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/real.h"

namespace gradus {

class CharTokenizer {
 public:
  /// The vocabulary file inside a model folder:
  ///   {"version": 1, "type": "char", "vocab": ["\n", " ", "a", ...]}
  /// with one character per entry; its position is its id.
  static constexpr const char* file_name = "char_vocab.json";

  /// Every character of the text, sorted by code point. Throws ValueError for a text that is empty
  /// or not UTF-8.
  static CharTokenizer train(std::string_view text);
  /// Reads file_name in `directory`. Throws FileError.
  static CharTokenizer load(const std::filesystem::path& directory);
  /// Writes file_name in `directory`. Throws FileError.
  void save(const std::filesystem::path& directory) const;

  /// Throws ValueError with the byte offset of the first character that is not UTF-8 or not in the
  /// vocabulary.
  std::vector<int32_t> encode(std::string_view text) const;
  /// Throws ValueError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids) const;
  int64_t vocab_size() const { return static_cast<int64_t>(vocab_.size()); }
  /// Characters in the order of their ids.
  std::span<const char32_t> vocab() const { return vocab_; }

 private:
  explicit CharTokenizer(std::vector<char32_t> vocab);

  std::vector<char32_t> vocab_;  // id -> code point
  std::vector<int32_t> ids_;     // code point -> id, -1 where there is none
};

}  // namespace gradus
