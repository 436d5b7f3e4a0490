#pragma once
// GPT-2's pre-tokenizer: cuts a text into the pieces that byte-pair encoding works on, one at a
// time (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2).
// The rule is the regular expression of openai/gpt-2, encoder.py:
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// \p{L} and \p{N} are Unicode's general categories, \s is its property White_Space. A byte that is
// not part of valid UTF-8 counts as a character that is no letter, no number and no white space,
// as U+FFFD would: any bytes can be cut, and the pieces joined are the text.

#include <string_view>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// Where the piece that begins at byte `begin` < text.size() ends. Depends on text[begin, ...)
/// alone.
size_t gpt2_piece_end(std::string_view text, size_t begin);

/// All pieces in order, as views of `text`; none of them is empty.
std::vector<std::string_view> gpt2_split(std::string_view text);

}  // namespace gradus
