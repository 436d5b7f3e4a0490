#pragma once
// What `gradus generate` prints: the first text as it is written, then the others.

#include <string>
#include <vector>

#include "data/text_stream.h"
#include "data/tokenizer.h"
#include "nn/generate.h"

namespace gradus {

class WrittenTexts {
 public:
  /// Prints the first beginning at once. With probabilities, every token has a line instead.
  WrittenTexts(const std::vector<std::string>& beginnings, const std::vector<std::string>& stops,
               bool probabilities, const Tokenizer& tokenizer);
  /// False if a stop string has come.
  bool add(const NewToken& token);
  /// What is left of the first text, and the others, with a line "---" before each.
  void finish();
  int64_t tokens() const { return tokens_; }

 private:
  struct Text {
    std::string waiting;  // to be printed
    TextStream stream;
  };
  std::string line_of(const NewToken& token) const;
  std::string piece(int32_t id) const { return tokenizer_.decode(std::span(&id, 1)); }

  std::vector<Text> texts_;
  bool probabilities_;
  const Tokenizer& tokenizer_;
  int64_t tokens_ = 0;
};

}  // namespace gradus
