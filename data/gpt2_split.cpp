#include "data/gpt2_split.h"

#include <utf8proc.h>

#include <array>

#include "data/utf8.h"

namespace gradus {
namespace {

// What the regular expression tells apart.
enum class Category : unsigned char { Letter, Number, Space, Other };

struct Character {
  Category category;
  size_t length;  // bytes
};

Category category_of(char32_t code_point) {
  constexpr char32_t next_line = 0x85;  // a control character, and yet white space
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return Category::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Category::Number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Category::Space;
    default:
      return code_point == next_line ? Category::Space : Category::Other;
  }
}

// Most text is ASCII: one look into a table.
constexpr std::array<Category, 128> ascii_categories = [] {
  std::array<Category, 128> table{};
  for (size_t c = 0; c < table.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool number = c >= '0' && c <= '9';
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    table[c] = letter   ? Category::Letter
               : number ? Category::Number
               : space  ? Category::Space
                        : Category::Other;
  }
  return table;
}();

Character character_at(std::string_view text, size_t offset) {
  const unsigned char first = static_cast<unsigned char>(text[offset]);
  if (first < ascii_categories.size()) return {ascii_categories[first], 1};
  const CodePoint c = decode_utf8(text, offset);
  if (c.length == 0) return {Category::Other, 1};
  return {category_of(c.value), c.length};
}

// 's|'t|'re|'ve|'m|'ll|'d: bytes of the contraction that `text` begins with, 0 if there is none.
size_t contraction_length(std::string_view text) {
  if (text[0] != '\'') return 0;
  for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
    if (text.substr(1).starts_with(ending)) return 1 + ending.size();
  }
  return 0;
}

// \p{L}+, \p{N}+ or [^\s\p{L}\p{N}]+: the end of the run of one category.
size_t run_end(std::string_view text, size_t begin, Category category) {
  size_t end = begin;
  while (end < text.size()) {
    const Character c = character_at(text, end);
    if (c.category != category) break;
    end += c.length;
  }
  return end;
}

// \s+(?!\S)|\s+: all white space up to the end of the text. Before anything else the last
// character of it is left to what follows, unless it is the only one.
size_t space_end(std::string_view text, size_t begin) {
  size_t last = begin, end = begin;
  while (end < text.size()) {
    const Character c = character_at(text, end);
    if (c.category != Category::Space) return last > begin ? last : end;
    last = end;
    end += c.length;
  }
  return end;
}

}  // namespace

size_t gpt2_piece_end(std::string_view text, size_t begin) {
  const size_t contraction = contraction_length(text.substr(begin));
  if (contraction > 0) return begin + contraction;
  const bool has_space = text[begin] == ' ' && begin + 1 < text.size();  // the " ?" of a word
  const size_t word = has_space ? begin + 1 : begin;
  const Category category = character_at(text, word).category;
  return category == Category::Space ? space_end(text, begin) : run_end(text, word, category);
}

std::vector<std::string_view> gpt2_split(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = gpt2_piece_end(text, begin);
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

}  // namespace gradus
