#pragma once
// A text, or a pair of texts, as a model reads it: ids between the marks that frame it, each with
// the bytes it stands for.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "data/tokenizer.h"
#include "tensor/tensor.h"
#include "tensor/tokens.h"

namespace gradus {

/// How a model wants its texts framed: [CLS] A [SEP] B [SEP] (BERT), <|endoftext|> A <|endoftext|> B
/// <|endoftext|> (GPT), or bare (characters).
struct SequenceFormat {
  std::optional<int32_t> start = {};  // before the first text
  std::optional<int32_t> end = {};    // after each text
  int32_t pad = 0;
};
SequenceFormat format_of(const Tokenizer&);

inline constexpr size_t no_word = size_t(-1);
/// A text or a pair as a model reads it. All vectors have one entry per id.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> types;      // 0: start, A and its end; 1: B and its end
  std::vector<ByteRange> sources;  // bytes of its own text (A or B); {0, 0} for start and end
  std::vector<size_t> words;       // index of its word within its own text; no_word for start and end
};
struct EncodeOptions {
  int64_t max_length = 512;
};  // longest_first truncation as Hugging Face
/// Throws ValueError if max_length has no room for the framing.
Encoding encode(const Tokenizer&, std::string_view text, const EncodeOptions& = {});
Encoding encode_pair(const Tokenizer&, std::string_view a, std::string_view b,
                     const EncodeOptions& = {});

/// Encodings side by side, padded to the longest. (B, T)
struct EncodedBatch {
  Tokens ids, types;
  Tensor key_mask;  // (B, T), 0 at padding; undefined where nothing is padded: no mask, no cost
};
EncodedBatch pad(std::span<const Encoding> encodings, int32_t pad_id);

}  // namespace gradus
