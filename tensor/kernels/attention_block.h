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
  /// Key or value j.
  int64_t key_at(const HeadStrides& s, int64_t j) const {
    return b * s.batch + j * s.time + kv * s.head;
  }
  /// Where the relative bias between the first row and key j stands among those of a head.
  int64_t distance(const Attention& a, int64_t j) const { return t - j + a.S - 1; }

  /// The place of the first row among the keys.
  int64_t place(const Attention& a) const { return t + a.S - a.T; }
  /// Keys outside [first_key, end_key) are seen by no row.
  int64_t first_key(const Attention& a) const {
    return std::clamp<int64_t>(place(a) - a.behind() + 1, 0, a.S);
  }
  int64_t end_key(const Attention& a) const {
    return std::clamp<int64_t>(place(a) + rows - 1 + a.ahead(), first_key(a), a.S);
  }
};

/// k or v as products read them. Sums over the head size take element (j, i) from by_size, sums
/// over keys take row j from by_key. As numbers both are where k or v lies; as pairs of rounded
/// numbers each is a copy, of half as many elements along i or rows along j.
struct KeyOperand {
  const real* by_size;
  HeadStrides size_strides;
  const real* by_key;
  HeadStrides key_strides;
};

}  // namespace gradus::kernels
