#include "data/tag_features.h"

#include <algorithm>

#include "data/batches.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// The pieces of a sentence; each one's word is the one that its last byte lies in, since a piece
// may begin with the space before its word.
std::vector<TokenPiece> pieces_of_words(const Tokenizer& tokenizer,
                                        std::span<const std::string> words) {
  std::string text;
  std::vector<size_t> ends;  // of the words
  for (const std::string& word : words) {
    text += (ends.empty() ? "" : " ") + word;
    ends.push_back(text.size());
  }
  std::vector<TokenPiece> pieces = token_pieces(tokenizer, text);
  for (TokenPiece& piece : pieces) {
    const auto word = std::ranges::lower_bound(ends, piece.source.end);
    piece.word = static_cast<size_t>(std::min(word, ends.end() - 1) - ends.begin());
  }
  return pieces;
}

// Where the pieces that fit in beside pieces[begin] end: before a word that would be cut, unless
// it is the only one.
size_t window_end(const std::vector<TokenPiece>& pieces, size_t begin, size_t room) {
  size_t end = std::min(begin + room, pieces.size());
  if (end == pieces.size() || pieces[end].word != pieces[end - 1].word) return end;
  while (end > begin && pieces[end - 1].word == pieces[end].word) --end;
  return end > begin ? end : begin + room;
}

bool is_first_piece(const Encoding& encoding, size_t i) {
  return encoding.words[i] != no_word && (i == 0 || encoding.words[i - 1] != encoding.words[i]);
}

TaggedEncoding frame_words(std::span<const TokenPiece> pieces, const SequenceFormat& format,
                           std::span<const int32_t> tags) {
  TaggedEncoding result;
  Encoding& encoding = result.encoding;
  const auto add = [&](const TokenPiece& piece) {
    encoding.ids.push_back(piece.id);
    encoding.types.push_back(0);
    encoding.sources.push_back(piece.source);
    encoding.words.push_back(piece.word);
  };
  if (format.start) add({*format.start, {0, 0}, no_word});
  for (const TokenPiece& piece : pieces) add(piece);
  if (format.end) add({*format.end, {0, 0}, no_word});
  result.targets.assign(encoding.ids.size(), no_target);
  for (size_t i = 0; i < encoding.ids.size() && !tags.empty(); ++i) {
    if (is_first_piece(encoding, i)) result.targets[i] = tags[encoding.words[i]];
  }
  return result;
}

}  // namespace

std::vector<TaggedEncoding> encode_words(const Tokenizer& tokenizer,
                                         std::span<const std::string> words,
                                         std::span<const int32_t> tags,
                                         const EncodeOptions& options) {
  check_value(!words.empty(), "encode_words: there are no words");
  check_value(tags.empty() || tags.size() == words.size(),
              "encode_words: {} words and {} tags disagree", words.size(), tags.size());
  const SequenceFormat format = format_of(tokenizer);
  const int64_t frame = (format.start ? 1 : 0) + (format.end ? 1 : 0);
  check_value(options.max_length > frame, "encode_words: {} ids at most leave no room for a word",
              options.max_length);
  const auto room = static_cast<size_t>(options.max_length - frame);
  const std::vector<TokenPiece> pieces = pieces_of_words(tokenizer, words);
  std::vector<TaggedEncoding> encodings;
  for (size_t begin = 0; begin < pieces.size() || encodings.empty();) {
    const size_t end = pieces.empty() ? 0 : window_end(pieces, begin, room);
    encodings.push_back(frame_words(std::span(pieces).subspan(begin, end - begin), format, tags));
    size_t next = end;  // past the rest of a word that was too long
    while (next < pieces.size() && next > 0 && pieces[next].word == pieces[next - 1].word) ++next;
    encodings.back().encoding.dropped = static_cast<int64_t>(next - end);
    begin = next;
  }
  return encodings;
}

Tokens pad_targets(std::span<const TaggedEncoding> encodings) {
  size_t longest = 0;
  for (const TaggedEncoding& e : encodings) longest = std::max(longest, e.targets.size());
  const auto B = static_cast<int64_t>(encodings.size()), T = static_cast<int64_t>(longest);
  Tokens targets({B, T}, no_target);
  for (size_t row = 0; row < encodings.size(); ++row) {
    std::ranges::copy(encodings[row].targets, targets.data() + row * longest);
  }
  return targets;
}

void place_tags(const TaggedEncoding& encoding, std::span<const int32_t> predicted,
                std::span<int32_t> tags) {
  const Encoding& e = encoding.encoding;
  check_value(predicted.size() == e.ids.size(), "place_tags: {} predictions for {} ids",
              predicted.size(), e.ids.size());
  for (size_t i = 0; i < e.ids.size(); ++i) {
    if (!is_first_piece(e, i)) continue;
    check_value(e.words[i] < tags.size(), "place_tags: word {} has no place among {}", e.words[i],
                tags.size());
    tags[e.words[i]] = predicted[i];
  }
}

}  // namespace gradus
