#pragma once
// Learning a byte-level BPE vocabulary (Sennrich et al. 2016, algorithm 1; on bytes: Radford et al.
// 2019): again and again, the most frequent pair of neighbours becomes a new token.

#include <string>
#include <string_view>
#include <vector>

#include "data/bpe_tokenizer.h"

namespace gradus {

/// A tokenizer learned from `text`, of at most `vocab_size` tokens: the special ones, the 256 bytes
/// in GPT-2's order, then one token per merge; fewer where the text has no more pairs. Of equally
/// frequent pairs the one whose bytes are greatest in lexicographic order is merged first, so
/// that a text determines its vocabulary. A special token is not learned from: it parts the text.
/// Throws ValueError if vocab_size has no room for bytes and special tokens, and for a special
/// token that is repeated, shorter than two bytes or not UTF-8.
BPETokenizer train_bpe(std::string_view text, int64_t vocab_size,
                       const std::vector<std::string>& special = {end_of_text});

/// A tokenizer of whole words, of at most `vocab_size` tokens: the special ones, the 256 bytes,
/// then the most frequent pieces of GPT-2's split, such as " word" and ".". What is none of them is
/// spelled in bytes: no text is refused, but every word that was not seen is long. The same errors.
BPETokenizer train_words(std::string_view text, int64_t vocab_size,
                         const std::vector<std::string>& special = {end_of_text});

}  // namespace gradus
