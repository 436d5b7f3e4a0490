#include "data/encoding.h"

#include <algorithm>

#include "data/utf8.h"
#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

std::vector<TokenPiece> pieces_of(const CharTokenizer& tokenizer, std::string_view text) {
  std::vector<TokenPiece> pieces;
  size_t begin = 0;
  for (const int32_t id : tokenizer.encode(text)) {
    const size_t end = begin + decode_utf8(text, begin).length;
    pieces.push_back({id, {begin, end}, pieces.size()});
    begin = end;
  }
  return pieces;
}

std::vector<TokenPiece> pieces_of(const BPETokenizer& tokenizer, std::string_view text) {
  const std::vector<int32_t> ids = tokenizer.encode(text);
  const std::vector<ByteRange> sources = tokenizer.byte_ranges(ids, text);
  std::vector<TokenPiece> pieces;
  for (size_t i = 0; i < ids.size(); ++i) pieces.push_back({ids[i], sources[i], i});
  return pieces;
}

std::vector<TokenPiece> pieces_of(const WordPieceTokenizer& tokenizer, std::string_view text) {
  return tokenizer.pieces(text);
}

// Removes what lies beyond `most` pieces and counts it.
void truncate(std::vector<TokenPiece>& pieces, size_t most, int64_t& dropped) {
  if (pieces.size() <= most) return;
  dropped += static_cast<int64_t>(pieces.size() - most);
  pieces.resize(most);
}

// How many of a and b pieces stay, where `room` is for both together.
std::pair<size_t, size_t> longest_first(size_t a, size_t b, size_t room) {
  if (a + b <= room) return {a, b};
  const size_t half = room / 2, rest = room - half;
  if (std::min(a, b) <= half) {  // the shorter one stays whole
    return a <= b ? std::pair(a, room - a) : std::pair(room - b, b);
  }
  return a > b ? std::pair(rest, half) : std::pair(half, rest);
}

// Puts a framed sequence together.
class Framing {
 public:
  Framing(const Tokenizer& tokenizer, const EncodeOptions& options, size_t texts)
      : format_(format_of(tokenizer)) {
    const size_t between = format_.separator ? texts - 1 : 0;
    const size_t frame = (format_.start ? 1 : 0) + between + (format_.end ? 1 : 0);
    const bool fits = options.max_length >= static_cast<int64_t>(frame);
    check_value(fits, "encode: at most {} ids, but the framing of {} takes {}", options.max_length,
                texts == 1 ? "a text" : "two texts", frame);
    room_ = static_cast<size_t>(options.max_length) - frame;
    add_frame(format_.start, 0);
  }

  // Ids that all texts together may have.
  size_t room() const { return room_; }

  void add_first(const std::vector<TokenPiece>& pieces) {
    for (const TokenPiece& piece : pieces) add(piece, 0);
  }

  void add_second(const std::vector<TokenPiece>& pieces) {
    if (!pieces.empty() || format_.end) add_frame(format_.separator, 0);
    type_ = 1;
    for (const TokenPiece& piece : pieces) add(piece, 1);
  }

  Encoding take(int64_t dropped) {
    add_frame(format_.end, type_);
    encoding_.dropped = dropped;
    return std::move(encoding_);
  }

 private:
  void add_frame(std::optional<int32_t> id, int32_t type) {
    if (id) add({*id, {0, 0}, no_word}, type);
  }

  void add(const TokenPiece& piece, int32_t type) {
    encoding_.ids.push_back(piece.id);
    encoding_.types.push_back(type);
    encoding_.sources.push_back(piece.source);
    encoding_.words.push_back(piece.word);
  }

  SequenceFormat format_;
  size_t room_ = 0;
  int32_t type_ = 0;  // of the last text
  Encoding encoding_;
};

}  // namespace

SequenceFormat format_of(const Tokenizer& tokenizer) {
  if (const auto* wordpiece = std::get_if<WordPieceTokenizer>(&tokenizer.kind())) {
    const int32_t pad = wordpiece->find("[PAD]").value_or(0);
    const auto start = wordpiece->find("[CLS]"), end = wordpiece->find("[SEP]");
    if (!start || !end) return {.pad = pad};
    return {.start = start, .separator = end, .end = end, .pad = pad};
  }
  const TextFrame frame = tokenizer.frame();
  if (frame.before.size() == 1) {
    const int32_t start = frame.before[0];
    const std::optional<int32_t> end =
        frame.after.size() == 1 ? std::optional(frame.after[0]) : std::nullopt;
    return {.start = start, .separator = end.value_or(start), .end = end, .pad = start};
  }
  const std::optional<int32_t> boundary = tokenizer.end_of_text_id();
  return {.start = boundary, .separator = boundary, .pad = boundary.value_or(0)};
}

std::vector<TokenPiece> token_pieces(const Tokenizer& tokenizer, std::string_view text) {
  return std::visit([&](const auto& kind) { return pieces_of(kind, text); }, tokenizer.kind());
}

Encoding encode(const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options) {
  Framing framing(tokenizer, options, 1);
  std::vector<TokenPiece> pieces = token_pieces(tokenizer, text);
  int64_t dropped = 0;
  truncate(pieces, framing.room(), dropped);
  framing.add_first(pieces);
  return framing.take(dropped);
}

Encoding encode_pair(const Tokenizer& tokenizer, std::string_view a, std::string_view b,
                     const EncodeOptions& options) {
  Framing framing(tokenizer, options, 2);
  std::vector<TokenPiece> first = token_pieces(tokenizer, a), second = token_pieces(tokenizer, b);
  const auto [most_a, most_b] = longest_first(first.size(), second.size(), framing.room());
  int64_t dropped = 0;
  truncate(first, most_a, dropped);
  truncate(second, most_b, dropped);
  framing.add_first(first);
  framing.add_second(second);
  return framing.take(dropped);
}

EncodedBatch pad(std::span<const Encoding> encodings, int32_t pad_id) {
  check_value(!encodings.empty(), "pad: there are no encodings to put side by side");
  const auto length = [](const Encoding& e) { return static_cast<int64_t>(e.ids.size()); };
  const int64_t B = static_cast<int64_t>(encodings.size());
  const int64_t T = length(*std::ranges::max_element(encodings, {}, length));
  EncodedBatch batch{Tokens({B, T}, pad_id), Tokens({B, T}, 0), {}};
  const bool padded = length(*std::ranges::min_element(encodings, {}, length)) < T;
  if (padded) batch.key_mask = zeros({B, T});
  for (int64_t row = 0; row < B; ++row) {
    const Encoding& encoding = encodings[static_cast<size_t>(row)];
    std::ranges::copy(encoding.ids, batch.ids.data() + row * T);
    std::ranges::copy(encoding.types, batch.types.data() + row * T);
    if (!padded) continue;
    std::fill_n(batch.key_mask.mutable_data() + row * T, length(encoding), real(1));
  }
  return batch;
}

}  // namespace gradus
