#include "data/span_features.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "tensor/errors.h"

namespace gradus {
namespace {

// Positions [begin, end) of the pieces of a context.
struct PieceRange {
  size_t begin = 0, end = 0;
};

std::vector<PieceRange> context_windows(size_t pieces, size_t room, size_t stride) {
  std::vector<PieceRange> windows;
  for (size_t begin = 0;; begin += std::min(room, stride)) {
    windows.push_back({begin, std::min(begin + room, pieces)});
    if (windows.back().end == pieces) return windows;
  }
}

// The window in which a piece has most context: the smaller of what stands left and right of it
// counts, and a longer window a little more; the earlier of two equal ones.
size_t central_window(const std::vector<PieceRange>& windows, size_t piece) {
  const auto after = std::ranges::upper_bound(windows, piece, {}, &PieceRange::begin);
  size_t best = 0;
  double best_score = -1;
  for (auto w = after; w != windows.begin() && (w - 1)->end > piece; --w) {
    const auto [begin, end] = *(w - 1);
    const size_t context = std::min(piece - begin, end - 1 - piece);
    const double score = static_cast<double>(context) + 0.01 * static_cast<double>(end - begin);
    if (score < best_score) continue;
    best = static_cast<size_t>(w - windows.begin()) - 1;
    best_score = score;
  }
  return best;
}

// The pieces that an answer touches; empty if there are none.
PieceRange pieces_of_answer(const std::vector<TokenPiece>& pieces, const Answer& answer) {
  const size_t answer_end = answer.begin + answer.text.size();
  PieceRange range;
  while (range.begin < pieces.size() && pieces[range.begin].source.end <= answer.begin) {
    ++range.begin;
  }
  range.end = range.begin;
  while (range.end < pieces.size() && pieces[range.end].source.begin < answer_end) ++range.end;
  return range;
}

void append_piece(Encoding& encoding, const TokenPiece& piece, int32_t type) {
  encoding.ids.push_back(piece.id);
  encoding.types.push_back(type);
  encoding.sources.push_back(piece.source);
  encoding.words.push_back(piece.word);
}

// Without the answer.
SpanEncoding frame_question(const SequenceFormat& format, std::span<const TokenPiece> query,
                            std::span<const TokenPiece> context) {
  SpanEncoding result;
  Encoding& encoding = result.encoding;
  if (format.start) append_piece(encoding, {*format.start, {0, 0}, no_word}, 0);
  for (const TokenPiece& piece : query) append_piece(encoding, piece, 0);
  if (format.separator) append_piece(encoding, {*format.separator, {0, 0}, no_word}, 0);
  result.context_begin = encoding.ids.size();
  for (const TokenPiece& piece : context) append_piece(encoding, piece, 1);
  result.context_end = encoding.ids.size();
  if (format.end) append_piece(encoding, {*format.end, {0, 0}, no_word}, 1);
  result.is_central.assign(encoding.ids.size(), false);
  return result;
}

// Without the spaces at its ends: a piece may begin with the one before its word.
ByteRange without_outer_spaces(const std::string& text, ByteRange range) {
  while (range.begin < range.end && text[range.begin] == ' ') ++range.begin;
  while (range.begin < range.end && text[range.end - 1] == ' ') --range.end;
  return range;
}

// The positions of the n largest, the largest first; equal ones in their order.
std::vector<size_t> largest(const std::vector<real>& values, int64_t n) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t most = std::min(order.size(), static_cast<size_t>(n));
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return values[i]; });
  order.resize(most);
  return order;
}

}  // namespace

std::vector<SpanEncoding> encode_question(const Tokenizer& tokenizer, const SpanQuestion& question,
                                          const SpanOptions& options) {
  check_value(options.doc_stride >= 1 && options.max_query >= 1,
              "encode_question: a stride of {} and a question of {} ids; both must be at least 1",
              options.doc_stride, options.max_query);
  const SequenceFormat format = format_of(tokenizer);
  std::vector<TokenPiece> query = token_pieces(tokenizer, question.question);
  const size_t asked = query.size();
  query.resize(std::min(asked, static_cast<size_t>(options.max_query)));
  const int64_t frame = (format.start ? 1 : 0) + (format.separator ? 1 : 0) + (format.end ? 1 : 0);
  const int64_t room = options.max_length - frame - static_cast<int64_t>(query.size());
  check_value(room >= 1, "encode_question: {} ids at most leave no room beside a question of {}",
              options.max_length, query.size());
  const std::vector<TokenPiece> pieces = token_pieces(tokenizer, question.context);
  const PieceRange answer =
      question.answers.empty() ? PieceRange{} : pieces_of_answer(pieces, question.answers[0]);
  const std::vector<PieceRange> windows = context_windows(pieces.size(), static_cast<size_t>(room),
                                                          static_cast<size_t>(options.doc_stride));
  std::vector<SpanEncoding> encodings;
  for (size_t w = 0; w < windows.size(); ++w) {
    const auto [begin, end] = windows[w];
    SpanEncoding& e = encodings.emplace_back(
        frame_question(format, query, std::span(pieces).subspan(begin, end - begin)));
    for (size_t i = begin; i < end; ++i) {
      e.is_central[e.context_begin + i - begin] = central_window(windows, i) == w;
    }
    const bool holds_answer =
        answer.begin < answer.end && answer.begin >= begin && answer.end <= end;
    if (!holds_answer) continue;
    e.start = static_cast<int32_t>(e.context_begin + answer.begin - begin);
    e.end = static_cast<int32_t>(e.context_begin + answer.end - 1 - begin);
  }
  encodings[0].encoding.dropped = static_cast<int64_t>(asked - query.size());
  return encodings;
}

SpanPrediction best_span(const SpanQuestion& question, std::span<const SpanEncoding> windows,
                         std::span<const SpanLogits> logits, const SpanDecoding& options) {
  check_value(windows.size() == logits.size() && !windows.empty(),
              "best_span: {} windows and logits for {}", windows.size(), logits.size());
  check_value(options.n_best >= 1 && options.max_answer >= 1,
              "best_span: {} candidates and answers of {} ids; both must be at least 1",
              options.n_best, options.max_answer);
  std::optional<SpanPrediction> best;
  real null_score = std::numeric_limits<real>::infinity();
  for (size_t w = 0; w < windows.size(); ++w) {
    const SpanEncoding& e = windows[w];
    const auto& [starts, ends] = logits[w];
    check_value(
        !starts.empty() && starts.size() == e.encoding.ids.size() && ends.size() == starts.size(),
        "best_span: window {} of {} ids has {} start and {} end logits", w, e.encoding.ids.size(),
        starts.size(), ends.size());
    null_score = std::min(null_score, starts[0] + ends[0]);
    const std::vector<size_t> best_ends = largest(ends, options.n_best);
    for (const size_t start : largest(starts, options.n_best)) {
      if (!e.is_central[start]) continue;
      for (const size_t end : best_ends) {
        const bool fits = end >= start && end < e.context_end &&
                          end - start < static_cast<size_t>(options.max_answer);
        const real score = starts[start] + ends[end];
        if (!fits || (best && score <= best->score)) continue;
        best = {"", {e.encoding.sources[start].begin, e.encoding.sources[end].end}, score};
      }
    }
  }
  const bool null_wins =
      options.null_threshold && best && null_score - best->score > *options.null_threshold;
  if (!best || null_wins) return {"", {0, 0}, null_score};
  best->source = without_outer_spaces(question.context, best->source);
  best->text = question.context.substr(best->source.begin, best->source.end - best->source.begin);
  return *best;
}

}  // namespace gradus
