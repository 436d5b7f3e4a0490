#pragma once
// Text from a model, one token at a time, one text or several side by side.

#include <functional>
#include <span>
#include <vector>

#include "nn/gpt.h"
#include "nn/sampling.h"

namespace gradus {

/// A token that has just been drawn.
struct NewToken {
  size_t row = 0;  // whose text it continues, of those that were asked for
  int32_t id = 0;
  std::span<const real> logits;  // (V), as the model gave them
};

struct GenerateOptions {
  int64_t max_new_tokens = 100;
  SamplingOptions sampling = {};
  uint64_t seed = 1337;
  bool use_cache = true;
  /// Ends the text when it is drawn, and is not part of it: <|endoftext|>. -1 never stops.
  int32_t stop_token = -1;
  /// Called with every new token; returning false ends that text.
  std::function<bool(const NewToken&)> on_token = {};
};

/// The new ids that follow `prompt`, which must not be empty. The model sees the last block_size
/// tokens; the cache serves until the context is full, then every token is computed afresh. A model
/// with a window, whose positions are not learned, sees the whole text: the cache keeps a window of
/// it, and time and memory per token stay what they are.
std::vector<int32_t> generate(const GPT& model, std::span<const int32_t> prompt,
                              const GenerateOptions& options = {});

/// The same for several prompts of any lengths, with one pass over the weights for a token of each:
/// row i is what generate(model, prompts[i]) gives with the seed options.seed + i, bit for bit in
/// float32.
std::vector<std::vector<int32_t>> generate(const GPT& model,
                                           std::span<const std::vector<int32_t>> prompts,
                                           const GenerateOptions& options = {});

}  // namespace gradus
