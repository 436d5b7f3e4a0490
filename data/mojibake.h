#pragma once
// Text that was decoded wrongly before it came here ("mojibake"): "cafÃ©" is "café" whose UTF-8
// was read as Windows-1252. A model would learn such letters like any others.

#include <optional>
#include <string>
#include <string_view>

namespace gradus {

/// A sentence with an example and its byte offset, if a text looks mis-decoded: UTF-8 that was read
/// as Latin-1 or Windows-1252 and encoded again, UTF-16 or other bytes with many NULs, or many
/// U+FFFD where something could not be decoded. Single cases are not enough: at least three, and
/// more than one in five of the places where a text is not ASCII (for NUL: one byte in a hundred).
std::optional<std::string> mojibake_warning(std::string_view text);

}  // namespace gradus
