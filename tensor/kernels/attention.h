#pragma once
// Scaled dot-product attention (Vaswani et al. 2017, eq. 1), one fused pass: the probabilities of
// a block of query rows live in a scratch buffer and are computed again in backward.
//
// B batch, T query time, S key time, NH query heads, NKV key/value heads (NH a multiple), hs head
// size. Head h reads key/value head h / (NH / NKV). Values must be finite: a hidden key has
// probability 0, and 0 times infinity is not 0.

#include "tensor/real.h"

namespace gradus::kernels {

/// Where element (b, t, h, i) of an operand lies: data[b * batch + t * time + h * head + i].
struct HeadStrides {
  int64_t batch, time, head;
};

struct Attention {
  int64_t B, T, S, NH, NKV, hs;
  real scale;
  /// Query t sees keys j <= t + S - T only: the last query sees every key.
  bool causal;
  /// (B, S) dense: 0 hides a key, 1 shows it. Null shows all.
  const real* key_mask;
  /// Added to the scores, element (b, h, t, j) at bias[b * bias_batch + h * bias_head + t * S + j].
  /// Null: none.
  const real* bias;
  int64_t bias_batch, bias_head;
  HeadStrides q_strides, k_strides, v_strides;
};

/// y (B, T, NH, hs) dense; lse (B, NH, T) = log of the sum of exp(scores), -inf where a query sees
/// no key (its y is 0).
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y, real* lse);
/// Adds into dq, dk, dv, laid out densely as (B, T or S, heads, hs); each may be null (not wanted).
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy, real* dq, real* dk,
                        real* dv);

namespace reference {
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y, real* lse);
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy, real* dq, real* dk,
                        real* dv);
}  // namespace reference

}  // namespace gradus::kernels
