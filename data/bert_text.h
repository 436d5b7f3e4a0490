#pragma once
// BERT's way of preparing a text (Devlin et al. 2019; google-research/bert, tokenization.py):
// clean, normalise, and cut into words and punctuation marks. Every character remembers the bytes
// of the original text that it stands for.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/bpe_tokenizer.h"

namespace gradus {

/// Where words part, besides white space.
enum class BertSplit {
  marks,  // BERT: every punctuation mark is a word of its own
  runs,   // Hugging Face's "Whitespace": letters, digits and _ in a row, or other signs in a row
};

struct BertTextOptions {
  bool clean_text = true;            // drop control characters, make white space a space
  bool handle_chinese_chars = true;  // each ideograph is a word
  bool lowercase = true;
  std::optional<bool> strip_accents = {};  // é becomes e; absent: as lowercase says
  BertSplit split = BertSplit::marks;
  bool strips_accents() const { return strip_accents.value_or(lowercase); }
};

/// A word or a punctuation mark after normalisation.
struct BertWord {
  std::string text;                // UTF-8, never empty
  std::vector<size_t> starts;      // byte of `text` at which each character begins
  std::vector<ByteRange> sources;  // of each character, in the original text
};

/// What a character does to the words around it.
enum class BertRole : uint8_t {
  dropped,  // as if it were not there
  space,    // parts words
  alone,    // is a word of its own
  letter,   // joins its neighbours of the same role
  sign,     // likewise; only where options ask for runs
};

/// The words of a text, one by one. Bytes that are not UTF-8 count as U+FFFD, which cleaning drops.
class BertWordReader {
 public:
  BertWordReader(std::string_view text, const BertTextOptions& options);
  /// Puts the next word in place of `word`; false at the end of the text.
  bool next(BertWord& word);

 private:
  void read_character();
  void read_other(char32_t c);
  void add(char32_t c);
  void add_in_case(char32_t c);
  void add_without_accents(char32_t c);

  std::string_view text_;
  BertTextOptions options_;
  const std::array<BertRole, 128>& ascii_;
  size_t at_ = 0;  // bytes that have been read
  // What the character before at_ was normalised to, as far as no word has it yet.
  struct Normal {
    char32_t value;
    BertRole role;
  };
  static constexpr int most_parts = 16;        // no character decomposes into more than four
  std::array<Normal, 2 * most_parts> normal_;  // lower case may be two characters
  size_t taken_ = 0, count_ = 0;
  ByteRange source_{};
};

/// All words of a text in order.
std::vector<BertWord> bert_words(std::string_view text, const BertTextOptions& options = {});

/// What a normalised character does to the words around it.
BertRole bert_role(char32_t c, const BertTextOptions& options);

}  // namespace gradus
