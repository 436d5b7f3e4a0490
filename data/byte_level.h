#pragma once
// GPT-2's printable bytes: every byte as one character, so that vocabularies of byte strings can be
// text files (openai/gpt-2, encoder.py, bytes_to_unicode). A byte that Latin-1 prints, 33-126,
// 161-172 and 174-255, stands for itself; the other 68 are U+0100, U+0101, ... in their order:
// space is U+0120 (Ġ), newline U+010A (Ċ).

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace gradus {

/// The bytes in the order of GPT-2's vocabulary, where byte_level_order()[i] has id i: first those
/// that stand for themselves, then the others.
const std::array<unsigned char, 256>& byte_level_order();

/// Bytes as printable UTF-8.
std::string to_byte_level(std::string_view bytes);

/// The bytes that printable UTF-8 stands for; nothing if a character stands for no byte.
std::optional<std::string> from_byte_level(std::string_view text);

}  // namespace gradus
