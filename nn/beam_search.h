#pragma once
// Target texts from an encoder-decoder: the likeliest ones by beam search, or greedily the
// likeliest token each time.

#include <span>
#include <vector>

#include "nn/encoder_decoder.h"

namespace gradus {

struct BeamOptions {
  int64_t beams = 1;        // hypotheses that are followed; 1 is greedy
  real length_penalty = 1;  // the exponent of the length; above 0 it favours long texts
  int64_t max_new_tokens = 64;
};

/// A target text, without start and end token. One that has max_new_tokens need not have ended.
struct Hypothesis {
  std::vector<int32_t> tokens;
  double log_probability = 0;  // sum over the tokens and the end, in nats
  double score = 0;            // log_probability / (tokens and end)^length_penalty
};

/// The best hypotheses that are found, at most `beams`, best first (Sutskever et al. 2014, §3.2;
/// the score is Wu et al. 2016, §7, with the length itself). Each step follows the `beams`
/// likeliest beginnings, and the greedy one in any case, so that the best never scores below it.
/// Throws ValueError for an empty source, options outside their range and logits that are not
/// finite.
std::vector<Hypothesis> beam_search(const EncoderDecoder& model, std::span<const int32_t> source,
                                    const BeamOptions& options = {});

/// Greedy target texts for several sources of any lengths, with one pass over the decoder's weights
/// for a token of each: row i is what source i gives alone. Throws as beam_search does.
std::vector<std::vector<int32_t>> generate(const EncoderDecoder& model,
                                           std::span<const std::vector<int32_t>> sources,
                                           int64_t max_new_tokens);

}  // namespace gradus
