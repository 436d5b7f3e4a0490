#pragma once
// Questions about a context as a model reads them, and the answers that it points at, as BERT does
// it for SQuAD (Devlin et al. 2019, section 4.2; google-research/bert, run_squad.py).

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/encoding.h"
#include "data/labelled.h"

namespace gradus {

struct SpanOptions {
  int64_t max_length = 384;  // ids of question, context and framing
  int64_t doc_stride = 128;  // ids between the beginnings of a context's windows
  int64_t max_query = 64;    // ids of the question; the rest of it is cut off
};

/// A question and a window of its context: [CLS] question [SEP] part of the context [SEP].
struct SpanEncoding {
  Encoding encoding;
  /// Positions of the context's ids: [context_begin, context_end).
  size_t context_begin = 0, context_end = 0;
  /// By id: whether it has more context on both sides here than in any other window.
  std::vector<bool> is_central;
  /// Positions of the first and the last id of the answer; 0, that of [CLS], for both where the
  /// window does not hold all of it.
  int32_t start = 0, end = 0;
};

/// The windows of a context, in order; start and end are those of the first answer. `dropped` of
/// the first window counts the ids of the question that were cut off. Throws ValueError for strides
/// and lengths below 1 and a max_length that leaves the context no room.
std::vector<SpanEncoding> encode_question(const Tokenizer& tokenizer, const SpanQuestion& question,
                                          const SpanOptions& options = {});

/// What a model says about a window, one number per id.
struct SpanLogits {
  std::vector<real> start, end;
};

struct SpanDecoding {
  int64_t n_best = 20;      // starts, and ends, that are considered in each window
  int64_t max_answer = 30;  // ids
  /// The empty answer is given if the score of [CLS] exceeds the best answer's by more than this
  /// (SQuAD 2.0); absent: every question is answered.
  std::optional<real> null_threshold = {};
};

struct SpanPrediction {
  std::string text;        // bytes of the context
  ByteRange source{0, 0};  // where they lie in it
  real score = 0;          // start logit + end logit
};

/// The best answer over all windows of a question: start + end is largest, end is not before
/// start, both are in the context and start is central. Empty if nothing qualifies. Throws
/// ValueError unless there are logits for every id of every window.
SpanPrediction best_span(const SpanQuestion& question, std::span<const SpanEncoding> windows,
                         std::span<const SpanLogits> logits, const SpanDecoding& options = {});

}  // namespace gradus
