#include "data/text_portion.h"

namespace gradus {
namespace {

bool is_visible_ascii(char c) { return c > ' ' && c < 0x7f; }
// Without \v and \f: BERT's cleaning drops them, and joins what they part.
bool is_ascii_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string_view first_portion(std::string_view text, size_t size) {
  for (size_t end = size; end < text.size(); ++end) {
    const char before = text[end - 1];
    const bool word_ends = is_visible_ascii(before) && is_ascii_space(text[end]);
    if (word_ends) return text.substr(0, end);
  }
  return text;
}

}  // namespace gradus
