#pragma once
// Texts that are too large to be encoded at once.

#include <string_view>

#include "tensor/real.h"

namespace gradus {

/// The beginning of a text, of `size` bytes or as many more as it takes to end where a word ends:
/// after an ASCII character that is not white space and before one that is. No tokenizer here joins
/// the two, so that portions encoded one by one give the ids of the whole text. (An added token
/// with white space in it would be cut.)
std::string_view first_portion(std::string_view text, size_t size);

}  // namespace gradus
