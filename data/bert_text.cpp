#include "data/bert_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "data/utf8.h"

namespace gradus {
namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_white_space(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return (c >= '\t' && c <= '\r') || c == 0x85 || kind == UTF8PROC_CATEGORY_ZS ||
         kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP;
}

// Dropped by cleaning: NUL, the replacement character, and all of category C but what is a blank.
bool is_dropped(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const utf8proc_category_t kind = category(c);
  return c == 0 || c == 0xFFFD || kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF ||
         kind == UTF8PROC_CATEGORY_CO;
}

// The CJK blocks that BERT's authors list; Hangul, hiragana and katakana are not among them.
bool is_ideograph(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> blocks{{{0x4E00, 0x9FFF},
                                                                 {0x3400, 0x4DBF},
                                                                 {0x20000, 0x2A6DF},
                                                                 {0x2A700, 0x2B73F},
                                                                 {0x2B740, 0x2B81F},
                                                                 {0x2B920, 0x2CEAF},
                                                                 {0xF900, 0xFAFF},
                                                                 {0x2F800, 0x2FA1F}}};
  return std::any_of(blocks.begin(), blocks.end(),
                     [c](const auto& block) { return c >= block.first && c <= block.second; });
}

// ASCII's signs count as punctuation, also those that Unicode calls symbols ($, +, ~).
bool is_punctuation(char32_t c) {
  if (c < 128) {
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
           (c >= 123 && c <= 126);
  }
  const utf8proc_category_t kind = category(c);
  return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

// Collects characters into words.
class Words {
 public:
  void add(char32_t c, ByteRange source) {
    if (words_.empty() || between_) words_.emplace_back();
    between_ = false;
    BertWord& word = words_.back();
    word.starts.push_back(word.text.size());
    append_utf8(word.text, c);
    word.sources.push_back(source);
  }
  void end_word() { between_ = true; }
  std::vector<BertWord> take() { return std::move(words_); }

 private:
  std::vector<BertWord> words_;
  bool between_ = false;  // the next character begins a word
};

// One character after all that could be made of it but case: white space parts words, ideographs
// and punctuation are words of their own.
void place(char32_t c, ByteRange source, const BertTextOptions& options, Words& words) {
  const bool alone = is_punctuation(c) || (options.handle_chinese_chars && is_ideograph(c));
  if (is_white_space(c)) return words.end_word();
  if (alone) words.end_word();
  words.add(c, source);
  if (alone) words.end_word();
}

// Full lower case. Unicode has one character whose lower case is two: İ becomes i and a dot above.
void place_in_case(char32_t c, ByteRange source, const BertTextOptions& options, Words& words) {
  constexpr char32_t dotted_capital_i = 0x130, dot_above = 0x307;
  if (!options.lowercase) return place(c, source, options, words);
  if (c == dotted_capital_i) {
    place('i', source, options, words);
    return place(dot_above, source, options, words);
  }
  const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(c));
  place(static_cast<char32_t>(lower), source, options, words);
}

// Canonical decomposition without nonspacing marks: é is e.
void place_without_accents(char32_t c, ByteRange source, const BertTextOptions& options,
                           Words& words) {
  constexpr int most = 16;  // no character decomposes into more than four
  std::array<utf8proc_int32_t, most> parts{};
  int last_boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), parts.data(), most, UTF8PROC_DECOMPOSE, &last_boundary);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const auto part = static_cast<char32_t>(parts[static_cast<size_t>(i)]);
    if (category(part) != UTF8PROC_CATEGORY_MN) place_in_case(part, source, options, words);
  }
}

}  // namespace

std::vector<BertWord> bert_words(std::string_view text, const BertTextOptions& options) {
  constexpr char32_t replacement = 0xFFFD;
  Words words;
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    const CodePoint decoded = decode_utf8(text, at);
    const char32_t c = decoded.length == 0 ? replacement : decoded.value;
    length = std::max<size_t>(1, decoded.length);
    const ByteRange source{at, at + length};
    if (options.clean_text && is_dropped(c)) continue;
    if (c < 128) {
      place_in_case(c, source, options, words);
    } else if (options.strips_accents()) {
      place_without_accents(c, source, options, words);
    } else {
      place_in_case(c, source, options, words);
    }
  }
  return words.take();
}

}  // namespace gradus
