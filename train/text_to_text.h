#pragma once
// An encoder-decoder and its tokenizer at work: texts in, texts out; and how good these are.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/seq2seq_batches.h"
#include "data/text_metrics.h"
#include "nn/beam_search.h"

namespace gradus {

/// A text that was written, and how likely the model finds it.
struct WrittenText {
  std::string text;
  double log_probability = 0;  // nats, of all its tokens
  double score = 0;            // by which beam search ranks it
};

struct TextWriterOptions {
  int64_t source_length = 0;    // tokens of a source at most; 0: all positions of the model
  bool special_tokens = false;  // whether what is written shows them
  int64_t batch_size = 16;      // sources side by side where there are many
};

class TextWriter {
 public:
  /// The model must outlive the writer.
  TextWriter(const EncoderDecoder& model, Seq2SeqTokenizer tokenizer,
             const TextWriterOptions& options = {});

  /// The likeliest next token each time (greedy decoding), for many sources side by side.
  std::vector<std::string> write(std::span<const std::string> sources,
                                 int64_t max_new_tokens) const;
  /// By beam search, the best first.
  std::vector<WrittenText> candidates(const std::string& source, const BeamOptions& options) const;
  /// How many of a source's tokens are more than the model reads.
  int64_t excess(const std::string& source) const;
  const EncoderDecoder& model() const { return model_; }
  const Seq2SeqTokenizer& tokenizer() const { return tokenizer_; }

 private:
  std::vector<int32_t> encoded(const std::string& source) const;
  std::string decoded(std::span<const int32_t> ids) const;

  const EncoderDecoder& model_;
  Seq2SeqTokenizer tokenizer_;
  int64_t source_length_;
  bool special_tokens_;
  size_t batch_size_;
};

/// What beam search is worth, on the same pairs.
struct BeamScore {
  BeamOptions options = {};
  TextScore score = {};
  double gain = 0;    // mean log-probability of its texts less that of the greedy ones, nats
  double better = 0;  // share of sources for which its text is likelier than the greedy one
};

struct PairScore {
  int64_t pairs = 0;
  TextScore greedy = {};
  std::optional<BeamScore> beams = {};                            // if there is more than one
  std::vector<std::pair<std::string, TextScore>> baselines = {};  // without a network
};

/// Writes a target for every source. `train` is what the most frequent target is counted in;
/// without it there is no such baseline. Beams 1 means greedy decoding alone.
PairScore score_pairs(const TextWriter& writer, std::span<const TextPair> pairs,
                      std::span<const TextPair> train, const BeamOptions& options, bool quiet);

nlohmann::ordered_json to_json(const TextScore& score);
nlohmann::ordered_json to_json(const PairScore& score);
/// A table, the model first. `part` says what was measured on.
std::string to_text(const PairScore& score, const std::string& part);

}  // namespace gradus
