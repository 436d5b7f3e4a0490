#include "data/utf8.h"

#include "tensor/errors.h"

namespace gradus {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// Bytes that a sequence with this first byte has; 0 if no sequence starts so.
size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;  // C0 and C1 would be overlong
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;  // F5 and above lie beyond U+10FFFF
  return 0;
}

bool is_scalar_value(char32_t c) { return c < 0xd800 || (c > 0xdfff && c <= 0x10ffff); }

}  // namespace

CodePoint decode_utf8(std::string_view text, size_t offset) {
  static constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};  // by length
  const unsigned char first = static_cast<unsigned char>(text[offset]);
  const size_t length = sequence_length(first);
  if (length <= 1) return {first, length};
  if (text.size() - offset < length) return {};
  char32_t value = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[offset + i])) return {};
    value = value << 6 | (static_cast<unsigned char>(text[offset + i]) & 0x3fu);
  }
  if (value < smallest[length] || !is_scalar_value(value)) return {};
  return {value, length};
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xf0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3f));
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

std::optional<size_t> find_invalid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = decode_utf8(text, i).length;
    if (length == 0) return i;
    i += length;
  }
  return {};
}

void check_utf8(const char* what, std::string_view text) {
  const std::optional<size_t> bad = find_invalid_utf8(text);
  check_value(!bad, "{}: the text is not valid UTF-8: byte 0x{:02X} at offset {}", what,
              bad ? static_cast<unsigned char>(text[*bad]) : 0, bad.value_or(0));
}

int64_t count_code_points(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0 : 1;
  return count;
}

std::string describe(char32_t code_point) {
  const std::string number = fmt::format("U+{:04X}", static_cast<uint32_t>(code_point));
  const bool control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
  if (control) return number;
  std::string character;
  append_utf8(character, code_point);
  return fmt::format("'{}' ({})", character, number);
}

}  // namespace gradus
