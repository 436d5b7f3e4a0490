#pragma once
// How attention is cut into blocks; shared by the tasks (attention.cpp) and the arithmetic of one
// block (attention_block-inl.h).

#include <algorithm>

#include "tensor/kernels/attention.h"

namespace gradus::kernels {

inline constexpr int64_t queries_per_block = 32;
inline constexpr int64_t keys_per_tile = 64;  // in backward

/// Rows t, t + 1, ... of query head h, which reads key/value head kv.
struct QueryBlock {
  int64_t b, h, kv, t, rows;

  /// The first row in an operand, in dense y or dq, and in lse.
  int64_t at(const HeadStrides& s) const { return b * s.batch + t * s.time + h * s.head; }
  int64_t row(const Attention& a) const { return ((b * a.T + t) * a.NH + h) * a.hs; }
  int64_t lse(const Attention& a) const { return (b * a.NH + h) * a.T + t; }
  /// The first key or value.
  int64_t keys_at(const HeadStrides& s) const { return b * s.batch + kv * s.head; }
  /// Keys that the last row sees, and so all that the block may see.
  int64_t visible_keys(const Attention& a) const {
    if (!a.causal) return a.S;
    return std::clamp<int64_t>(t + rows + a.S - a.T, 0, a.S);
  }
};

}  // namespace gradus::kernels
