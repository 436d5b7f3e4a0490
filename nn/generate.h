#pragma once
// Sampling text from a model, one token at a time.

#include <functional>
#include <span>
#include <vector>

#include "nn/gpt.h"
#include "tensor/random.h"

namespace gradus {

struct SamplingOptions {
  real temperature = 1;  // divides the logits; 0 is greedy: always the most likely token
  int64_t top_k = 0;     // only the k most likely tokens; 0 means all
  real top_p = 1;        // only the most likely tokens that make up this probability

  /// Throws ValueError naming the first option outside its range.
  void check() const;
};

/// One id drawn from softmax(logits / temperature) after top-k and top-p (Holtzman et al. 2020).
/// Throws ValueError on options outside their range or logits without a finite maximum.
int32_t sample(std::span<const real> logits, const SamplingOptions& options, Draw draw);

struct GenerateOptions {
  int64_t max_new_tokens = 100;
  SamplingOptions sampling = {};
  uint64_t seed = 1337;
  bool use_cache = true;
  /// Ends the text when it is drawn, and is not part of it: <|endoftext|>. -1 never stops.
  int32_t stop_token = -1;
  /// Called with every new id; returning false stops.
  std::function<bool(int32_t id)> on_token = {};
};

/// The new ids that follow `prompt`, which must not be empty. The model sees the last block_size
/// tokens; the cache serves until the context is full, then every token is computed afresh.
std::vector<int32_t> generate(const GPT& model, std::span<const int32_t> prompt,
                              const GenerateOptions& options = {});

}  // namespace gradus
