#pragma once
// Scaled dot-product attention (Vaswani et al. 2017, eq. 1), one fused pass: the probabilities of
// a block of query rows live in a scratch buffer and are computed again in backward.
//
// B batch, T query time, S key time, NH query heads, NKV key/value heads (NH a multiple), hs head
// size. Head h reads key/value head h / (NH / NKV). Values must be finite: a hidden key has
// probability 0, and 0 times infinity is not 0.

#include "tensor/precision.h"
#include "tensor/real.h"

namespace gradus::kernels {

/// Where element (b, t, h, i) of an operand lies: data[b * batch + t * time + h * head + i].
struct HeadStrides {
  int64_t batch, time, head;
};

struct Attention {
  int64_t B, T, S, NH, NKV, hs;
  real scale;
  /// A query sees no key beyond its own place t + S - T: the last query sees every key.
  bool causal;
  /// (B, S) dense: 0 hides a key, 1 shows it. Null shows all.
  const real* key_mask;
  /// Added to the scores, element (b, h, t, j) at bias[b * bias_batch + h * bias_head + t * S + j].
  /// Null: none.
  const real* bias;
  int64_t bias_batch, bias_head;
  HeadStrides q_strides, k_strides, v_strides;
  /// Query t stands at the place t + S - T among the keys and sees those less than `window` places
  /// away (Beltagy et al. 2020, §3.1), of which it is the last if causal. 0: at any distance.
  int64_t window = 0;
  /// (NH, T + S - 1) dense: added to all scores of one distance, those of query t and key j from
  /// [h, t - j + S - 1]. The last S are how far back: 0, 1, ... Null: none.
  const real* relative_bias = nullptr;
  /// Of the products' operands: q, k, v, dy, and what the softmax and its backward give. Sums, the
  /// softmax and all else are `real`.
  Precision precision = Precision::float32;

  /// A query at place p sees the keys p - behind() < j < p + ahead().
  int64_t behind() const { return window > 0 && window < T + S ? window : T + S; }
  int64_t ahead() const { return causal ? 1 : behind(); }
  int64_t distances() const { return T + S > 0 ? T + S - 1 : 0; }
};

/// y (B, T, NH, hs) dense; lse (B, NH, T) = log of the sum of exp(scores), -inf where a query sees
/// no key (its y is 0).
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y, real* lse);

/// What backward adds into; each may be null (not wanted).
struct AttentionGradients {
  real *dq, *dk, *dv;              // (B, T or S, heads, hs) dense
  real* drelative_bias = nullptr;  // (NH, T + S - 1)
};
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy,
                        const AttentionGradients& g);

namespace reference {
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y, real* lse);
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy,
                        const AttentionGradients& g);
}  // namespace reference

}  // namespace gradus::kernels
