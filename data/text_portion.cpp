#include "data/text_portion.h"

namespace gradus {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string_view first_portion(std::string_view text, size_t size) {
  for (size_t end = size; end < text.size(); ++end) {
    const char before = text[end - 1];
    const bool word_ends = is_ascii(before) && !is_ascii_space(before) && is_ascii_space(text[end]);
    if (word_ends) return text.substr(0, end);
  }
  return text;
}

}  // namespace gradus
