#pragma once
// One exercise per chapter of the tour. Write yours in chapterN.cpp, then
//   cmake --preset release -DGRADUS_TESTS=ON &&
//   cmake --build --preset release --target exercises &&
//   build/release/docs/tour/exercises/exercises
// says which ones hold. solutions/ has ours.

#include <vector>

#include "gradus.h"

namespace exercises {

using gradus::GPT;
using gradus::Grad;
using gradus::NoGrad;
using gradus::real;
using gradus::Tensor;
using gradus::Tokens;

/// Chapter 1. The diagonal of x (N, N) as a view (N): no element is copied.
Tensor diagonal(const Tensor& x);

/// Chapter 2. The gradient of L = sum(tanh(x w)) by w, without autograd. x (M, K), w (K, N) ->
/// (K, N)
Tensor gradient_by_hand(const Tensor& x, const Tensor& w);

/// Chapter 3. Squareplus (Barron 2021), y = (x + √(x² + 4)) / 2, as one op with its own backward.
Tensor squareplus(const Tensor& x);

/// Chapter 4. Causal attention from matrix products and softmax. q, k, v (T, hs) -> (T, hs)
Tensor attention_by_hand(const Tensor& q, const Tensor& k, const Tensor& v);

/// Chapter 5. Leaves the gradient of the mean loss over all rows of ids and targets (B, T) in the
/// model's parameters, one row at a time: the memory of a batch of 1, the result of a batch of B.
void accumulate_gradients(const GPT& model, const Tokens& ids, const Tokens& targets);

/// Chapter 6. Every occurrence of the pair (a, b) becomes the token c, from left to right.
std::vector<int32_t> merge(const std::vector<int32_t>& ids, int32_t a, int32_t b, int32_t c);

/// Chapter 7. The loss, in nats per token, of a model that knows how often each token occurs and
/// nothing else: the entropy of the counts.
double unigram_entropy(const std::vector<double>& counts);

}  // namespace exercises
