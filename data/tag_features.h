#pragma once
// Words with tags as a model reads them: a word may be several pieces, and the first of them
// carries its tag (Devlin et al. 2019, section 5.3).

#include <span>
#include <string>
#include <vector>

#include "data/encoding.h"

namespace gradus {

/// A sentence, or a part of one that is too long. `encoding.words` counts the sentence's words.
struct TaggedEncoding {
  Encoding encoding;
  std::vector<int32_t> targets;  // by id: the tag at a word's first piece, no_target elsewhere
};

/// The sentence of words with spaces between them, framed. What does not fit into max_length goes
/// into further encodings, which begin at whole words; of a word that alone is too long the first
/// pieces stay. `tags` holds one id per word, or none where they are not known. Throws ValueError
/// for no words, another number of tags, and a max_length without room for a piece.
std::vector<TaggedEncoding> encode_words(const Tokenizer& tokenizer,
                                         std::span<const std::string> words,
                                         std::span<const int32_t> tags,
                                         const EncodeOptions& options = {});

/// Targets side by side as pad() puts the encodings, no_target at padding. (B, T)
Tokens pad_targets(std::span<const TaggedEncoding> encodings);

/// Takes what was predicted at the first piece of each word (one id per id of the encoding) for
/// that word's tag. A word without pieces, such as a control character, keeps the tag it has:
/// begin with those of O.
void place_tags(const TaggedEncoding& encoding, std::span<const int32_t> predicted,
                std::span<int32_t> tags);

}  // namespace gradus
