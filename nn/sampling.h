#pragma once
// From logits to the next token.

#include <span>
#include <vector>

#include "tensor/random.h"
#include "tensor/real.h"

namespace gradus {

/// In the order in which they act.
struct SamplingOptions {
  real repetition_penalty =
      1;                 // logits of tokens in the text: x / penalty, or x * penalty if x < 0
  real temperature = 1;  // divides the logits; 0 is greedy: always the most likely token
  int64_t top_k = 0;     // only the k most likely tokens; 0 means all
  real top_p = 1;        // only the most likely tokens that make up this probability
  real min_p = 0;        // only tokens at least this likely, relative to the most likely one

  /// Throws ValueError naming the first option outside its range.
  void check() const;
};

/// One id drawn from softmax(logits / temperature) after repetition penalty (Keskar et al. 2019,
/// §4.1), top-k, top-p (Holtzman et al. 2020, §3.1) and min-p (Nguyen et al. 2024, §3). `text` is
/// what stands before it, for the penalty. Throws ValueError on options outside their range or
/// logits without a finite maximum.
int32_t sample(std::span<const real> logits, const SamplingOptions& options, Draw draw,
               std::span<const int32_t> text = {});

/// A token, and softmax(logits) of it.
struct TokenProbability {
  int32_t id;
  double probability;
};
/// First token `id`, then the `count` most likely ones, the most likely first: what a model thinks
/// before any option has its say.
std::vector<TokenProbability> probabilities(std::span<const real> logits, int32_t id, size_t count);

}  // namespace gradus
