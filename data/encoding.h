#pragma once
// Texts as an encoder reads them: framed by special tokens, one text or two, cut to a length, and
// padded side by side (Devlin et al. 2019, section 3; Hugging Face's tokenizers).

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "data/tokenizer.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

/// How a model wants its texts framed: [CLS] A [SEP] B [SEP] (BERT), <|endoftext|> A <|endoftext|>
/// B (GPT), or bare (characters, and vocabularies that lack these tokens). A GPT is padded by
/// <|endoftext|> and read at its last token; that one must belong to the text, for Hugging Face
/// reads the last token that is not the padding's.
struct SequenceFormat {
  std::optional<int32_t> start = {};      // before the first text
  std::optional<int32_t> separator = {};  // between two texts
  std::optional<int32_t> end = {};        // after the last text
  int32_t pad = 0;
};
SequenceFormat format_of(const Tokenizer& tokenizer);

/// An id, the bytes of the text that it stands for, and the index of its word in the text. Only
/// WordPiece knows words; the pieces of other tokenizers are words of their own.
using TokenPiece = WordPieceTokenizer::Piece;
/// The pieces of a text in order, unframed. Throws ValueError for text that the vocabulary cannot
/// express.
std::vector<TokenPiece> token_pieces(const Tokenizer& tokenizer, std::string_view text);

inline constexpr size_t no_word = size_t(-1);

/// A text or a pair as a model reads it. All vectors have one entry per id.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> types;      // 0: start, A and what ends it; 1: B and what ends it
  std::vector<ByteRange> sources;  // bytes of its own text (A or B); {0, 0} for the framing
  std::vector<size_t> words;       // index of its word within its own text; no_word for the framing
  int64_t dropped = 0;             // ids that had no room
};

struct EncodeOptions {
  int64_t max_length = 512;  // ids, those of the framing included
};

/// A text that is too long loses its last ids. A special token that a text spells out, such as
/// "[SEP]", becomes that token, as in Hugging Face's tokenizers: texts from strangers can therefore
/// look like pairs. Throws ValueError if max_length has no room for the framing, and for text that
/// the vocabulary cannot express.
Encoding encode(const Tokenizer& tokenizer, std::string_view text,
                const EncodeOptions& options = {});

/// The same for a pair, which loses ids at the end of its longer text until it fits, or until both
/// are equally long and lose in turn. Of an odd number of ids the text that was longer keeps one
/// more, B if neither was: "longest_first" as in Hugging Face's tokenizers. Where nothing stands
/// after B, an empty B has no separator before it.
Encoding encode_pair(const Tokenizer& tokenizer, std::string_view a, std::string_view b,
                     const EncodeOptions& options = {});

/// Encodings side by side, padded to the longest. (B, T)
struct EncodedBatch {
  Tokens ids, types;
  Tensor key_mask;  // (B, T), 0 at padding, else 1; undefined where nothing is padded
};
/// Padding has type 0. Throws ValueError if there are no encodings.
EncodedBatch pad(std::span<const Encoding> encodings, int32_t pad_id);

}  // namespace gradus
