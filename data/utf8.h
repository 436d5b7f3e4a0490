#pragma once
// UTF-8 (RFC 3629), strictly: no overlong forms, no surrogates, nothing above U+10FFFF.

#include <optional>
#include <string>
#include <string_view>

#include "tensor/real.h"

namespace gradus {

struct CodePoint {
  char32_t value = 0;
  size_t length = 0;  // bytes, 1 to 4; 0 where the text is not valid UTF-8
};

/// The code point that starts at byte `offset` < text.size().
CodePoint decode_utf8(std::string_view text, size_t offset);
void append_utf8(std::string& text, char32_t code_point);

/// Byte offset of the first byte that is not part of valid UTF-8, if there is one.
std::optional<size_t> find_invalid_utf8(std::string_view text);
/// Throws ValueError naming `what` and the byte offset unless the text is valid UTF-8.
void check_utf8(const char* what, std::string_view text);
/// Code points in valid UTF-8.
int64_t count_code_points(std::string_view text);

/// As a sentence may show it: 'é' (U+00E9), or U+000A alone for control characters.
std::string describe(char32_t code_point);

}  // namespace gradus
