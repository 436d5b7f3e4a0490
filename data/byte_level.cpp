#include "data/byte_level.h"

#include <algorithm>

#include "data/utf8.h"

namespace gradus {
namespace {

constexpr bool stands_for_itself(size_t byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

constexpr char32_t first_stand_in = 0x100;
constexpr size_t stand_ins = 68;

constexpr std::array<char32_t, 256> character_of_byte = [] {
  std::array<char32_t, 256> table{};
  char32_t stand_in = first_stand_in;
  for (size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : stand_in++;
  }
  return table;
}();

// The inverse; -1 where a character stands for no byte.
constexpr std::array<int, first_stand_in + stand_ins> byte_of_character = [] {
  std::array<int, first_stand_in + stand_ins> table{};
  for (int& byte : table) byte = -1;
  for (size_t byte = 0; byte < character_of_byte.size(); ++byte) {
    table[character_of_byte[byte]] = static_cast<int>(byte);
  }
  return table;
}();

}  // namespace

const std::array<unsigned char, 256>& byte_level_order() {
  static const std::array<unsigned char, 256> order = [] {
    std::array<unsigned char, 256> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
    std::ranges::sort(bytes, {}, [](unsigned char byte) { return character_of_byte[byte]; });
    return bytes;
  }();
  return order;
}

std::string to_byte_level(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    append_utf8(text, character_of_byte[static_cast<unsigned char>(byte)]);
  return text;
}

std::optional<std::string> from_byte_level(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    const bool known = c.length > 0 && c.value < byte_of_character.size();
    const int byte = known ? byte_of_character[c.value] : -1;
    if (byte < 0) return {};
    bytes += static_cast<char>(byte);
    i += c.length;
  }
  return bytes;
}

}  // namespace gradus
