#pragma once
// What the simplest models of all lose on a text: the lines that a network's loss is read against.

#include "data/token_view.h"

namespace gradus {

/// Mean losses in nats per token. A network that reaches `unigram` has learned how often each token
/// occurs; one that reaches `bigram`, which tokens follow which; below, it uses more context.
struct Baselines {
  double uniform = 0;  // ln V: every token as likely as any other
  double unigram = 0;
  double bigram = 0;
};

/// The losses on `val` (every token after the first) of models counted on `train`, N tokens:
///   unigram  p(w)     = (c(w) + 1) / (N + V)                          (Laplace)
///   bigram   p(w | h) = (c(h w) + T(h) p(w)) / (c(h) + T(h))          (Witten & Bell 1991)
/// with c the counts and T(h) the number of different tokens seen after h. Throws ValueError for an
/// empty `train`, a `val` of fewer than two tokens, or an id outside [0, vocab_size). Of a very
/// long text the first 16 million tokens are taken.
Baselines baselines(const TokenView& train, const TokenView& val, int64_t vocab_size);

}  // namespace gradus
