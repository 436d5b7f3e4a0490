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

// The regular expression \w (Unicode Technical Standard 18, annex C): alphabetic, a mark, a decimal
// digit, a connector or a joiner. Of the alphabetic characters only the letters in circles and
// squares are neither letters, letter numbers nor marks.
bool is_word_character(char32_t c) {
  const bool enclosed = (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
                        (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
  const bool joiner = c == 0x200C || c == 0x200D;
  const utf8proc_category_t kind = category(c);
  return enclosed || joiner || (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NL) ||
         kind == UTF8PROC_CATEGORY_PC;
}

BertRole role_of(char32_t c, const BertTextOptions& options) {
  if (is_white_space(c)) return BertRole::space;
  if (options.handle_chinese_chars && is_ideograph(c)) return BertRole::alone;
  if (options.split == BertSplit::marks) {
    return is_punctuation(c) ? BertRole::alone : BertRole::letter;
  }
  return is_word_character(c) ? BertRole::letter : BertRole::sign;
}

using AsciiRoles = std::array<BertRole, 128>;

// Most of a text is ASCII, whose roles are looked up, not worked out.
AsciiRoles ascii_roles(BertSplit split, bool clean_text) {
  AsciiRoles roles{};
  for (char32_t c = 0; c < roles.size(); ++c) {
    const bool dropped = clean_text && is_dropped(c);
    roles[c] = dropped ? BertRole::dropped : role_of(c, {.split = split});
  }
  return roles;
}

const AsciiRoles& known_ascii_roles(const BertTextOptions& options) {
  static const AsciiRoles marks[] = {ascii_roles(BertSplit::marks, false),
                                     ascii_roles(BertSplit::marks, true)};
  static const AsciiRoles runs[] = {ascii_roles(BertSplit::runs, false),
                                    ascii_roles(BertSplit::runs, true)};
  return (options.split == BertSplit::marks ? marks : runs)[options.clean_text ? 1 : 0];
}

}  // namespace

BertRole bert_role(char32_t c, const BertTextOptions& options) { return role_of(c, options); }

BertWordReader::BertWordReader(std::string_view text, const BertTextOptions& options)
    : text_(text), options_(options), ascii_(known_ascii_roles(options)) {}

bool BertWordReader::next(BertWord& word) {
  word.text.clear();
  word.starts.clear();
  word.sources.clear();
  BertRole before = BertRole::space;
  while (true) {
    if (taken_ == count_) {
      if (at_ == text_.size()) return !word.text.empty();
      read_character();
      continue;
    }
    const auto [c, role] = normal_[taken_];
    const bool parts = role == BertRole::alone || role != before;
    if (parts && !word.text.empty()) {  // a space too is left for the next call
      return true;
    }
    ++taken_;
    if (role == BertRole::space) continue;
    word.starts.push_back(word.text.size());
    word.sources.push_back(source_);
    if (c < 128) {
      word.text += static_cast<char>(c);
    } else {
      append_utf8(word.text, c);
    }
    if (role == BertRole::alone) return true;
    before = role;
  }
}

// Normalises the character at at_.
void BertWordReader::read_character() {
  taken_ = count_ = 0;
  const auto first = static_cast<unsigned char>(text_[at_]);
  if (first >= 128) {
    constexpr char32_t replacement = 0xFFFD;
    const CodePoint decoded = decode_utf8(text_, at_);
    source_ = {at_, at_ + std::max<size_t>(1, decoded.length)};
    read_other(decoded.length == 0 ? replacement : decoded.value);
  } else {
    source_ = {at_, at_ + 1};
    const bool upper = first >= 'A' && first <= 'Z';
    const char32_t c = upper && options_.lowercase ? first + char32_t{'a' - 'A'} : first;
    if (ascii_[first] != BertRole::dropped) normal_[count_++] = {c, ascii_[first]};
  }
  at_ = source_.end;
}

void BertWordReader::read_other(char32_t c) {
  if (options_.clean_text && is_dropped(c)) return;
  if (options_.strips_accents()) {
    add_without_accents(c);
  } else {
    add_in_case(c);
  }
}

// Canonical decomposition without nonspacing marks: é is e.
void BertWordReader::add_without_accents(char32_t c) {
  std::array<utf8proc_int32_t, most_parts> parts{};
  int last_boundary = 0;
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), most_parts,
                              UTF8PROC_DECOMPOSE, &last_boundary);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const auto part = static_cast<char32_t>(parts[static_cast<size_t>(i)]);
    if (category(part) != UTF8PROC_CATEGORY_MN) add_in_case(part);
  }
}

// Full lower case. Unicode has one character whose lower case is two: İ becomes i and a dot above.
void BertWordReader::add_in_case(char32_t c) {
  constexpr char32_t dotted_capital_i = 0x130, dot_above = 0x307;
  if (!options_.lowercase) return add(c);
  if (c == dotted_capital_i) {
    add('i');
    return add(dot_above);
  }
  add(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

void BertWordReader::add(char32_t c) { normal_[count_++] = {c, role_of(c, options_)}; }

std::vector<BertWord> bert_words(std::string_view text, const BertTextOptions& options) {
  std::vector<BertWord> words;
  BertWordReader reader(text, options);
  for (BertWord word; reader.next(word);) words.push_back(word);
  return words;
}

}  // namespace gradus
