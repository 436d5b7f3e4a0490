#include "data/mojibake.h"

#include <algorithm>
#include <array>

#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// Windows-1252's characters for the bytes 0x80 to 0x9F; 0 where it has none. Latin-1 has controls
// there, the code points with the bytes' own numbers.
constexpr std::array<char32_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

// The byte that a decoder would have read as this character.
std::optional<char> byte_behind(char32_t c) {
  if (c >= 0x80 && c <= 0xff) return static_cast<char>(c);
  const auto found = std::ranges::find(windows_1252, c);
  if (c < 0x80 || found == windows_1252.end()) return {};
  return static_cast<char>(0x80 + (found - windows_1252.begin()));
}

// Cases of one kind of damage.
struct Damage {
  int64_t count = 0;
  size_t first = 0, first_length = 0;  // bytes of the first case

  void add(size_t offset, size_t length) {
    if (count++ > 0) return;
    first = offset;
    first_length = length;
  }
};

// The characters from `offset` on, taken for bytes: bytes of the text that would then be one
// character of UTF-8 beyond ASCII, 0 if they would not.
size_t misread_length(std::string_view text, size_t offset, std::string& character) {
  std::string bytes;
  for (size_t at = offset; at < text.size() && bytes.size() < 4;) {
    const CodePoint c = decode_utf8(text, at);
    const std::optional<char> byte = c.length == 0 ? std::nullopt : byte_behind(c.value);
    if (!byte) return 0;
    bytes += *byte;
    at += c.length;
    if (decode_utf8(bytes, 0).length == bytes.size()) {
      character = bytes;
      return at - offset;
    }
  }
  return 0;
}

struct Findings {
  int64_t not_ascii = 0;  // characters, a misread one counted once
  Damage misread, replaced, nul;
  std::string example;  // what the first misread one was
};

Findings find_damage(std::string_view text) {
  constexpr char32_t replacement = 0xFFFD;
  Findings found;
  std::string character;
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    const CodePoint c = decode_utf8(text, at);
    length = std::max<size_t>(1, c.length);
    if (text[at] == '\0') found.nul.add(at, 1);
    if (c.length == 1) continue;
    ++found.not_ascii;
    if (c.length == 0 || c.value == replacement) {
      found.replaced.add(at, length);
    } else if (const size_t misread = misread_length(text, at, character)) {
      if (found.misread.count == 0) found.example = character;
      found.misread.add(at, misread);
      length = misread;
    }
  }
  return found;
}

}  // namespace

std::optional<std::string> mojibake_warning(std::string_view text) {
  constexpr int64_t fewest = 3;
  const Findings found = find_damage(text);
  const auto is_common = [&](const Damage& damage, int64_t per, int64_t of) {
    return damage.count >= fewest && damage.count * per > of;
  };
  if (is_common(found.nul, 100, static_cast<int64_t>(text.size()))) {
    return fmt::format(
        "{} of {} bytes are NUL, the first at byte {}: this looks like UTF-16 or binary data, not "
        "UTF-8",
        found.nul.count, text.size(), found.nul.first);
  }
  if (is_common(found.misread, 5, found.not_ascii)) {
    return fmt::format(
        "the text looks like UTF-8 that was read as Latin-1 or Windows-1252: \"{}\" at byte {} was "
        "probably \"{}\", and there are {} more such places",
        text.substr(found.misread.first, found.misread.first_length), found.misread.first,
        found.example, found.misread.count - 1);
  }
  if (is_common(found.replaced, 5, found.not_ascii)) {
    return fmt::format(
        "{} characters could not be decoded (U+FFFD or bytes that are not UTF-8), the first at "
        "byte {}: the text was probably in another encoding",
        found.replaced.count, found.replaced.first);
  }
  return {};
}

}  // namespace gradus
