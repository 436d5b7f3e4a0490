// What the products of one block of attention read, as numbers or as pairs of rounded ones
// (small_gemm-inl.h). Numbers are read where they lie, but for queries, which are transposed; pairs
// are packed first. Each operand has two forms, for the two dimensions that a product may sum over:
// neighbours along it share a pair. Included once per instruction set.

#if defined(GRADUS_TENSOR_KERNELS_ATTENTION_OPERANDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_TENSOR_KERNELS_ATTENTION_OPERANDS_INL_H
#undef GRADUS_TENSOR_KERNELS_ATTENTION_OPERANDS_INL_H
#else
#define GRADUS_TENSOR_KERNELS_ATTENTION_OPERANDS_INL_H
#endif

#include <type_traits>

#include "tensor/kernels/attention_block.h"
#include "tensor/kernels/small_gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Calls f(Kind) for what a product of this precision reads; the double build has numbers alone.
template <class F>
HWY_ATTR void with_kind(Precision precision, F f) {
#ifndef GRADUS_DOUBLE
  if (precision == Precision::bf16) return f(NativePairs{});
  if (precision == Precision::bf16_emulated) return f(Pairs{});
#endif
  static_cast<void>(precision);
  f(Numbers{});
}

// Columns of a transposed block: whole vectors, the queries beyond its rows being zero.
constexpr int64_t padded(int64_t rows) { return (rows + width - 1) / width * width; }

// Hands out scratch memory piece by piece, aligned to vectors.
struct Cursor {
  real* next;
  real* take(int64_t n) {
    real* piece = next;
    next += padded(n);
    return piece;
  }
};

// Elements that n terms of a sum make up.
template <class Kind>
constexpr int64_t elements(int64_t n) {
  return (n + Kind::terms - 1) / Kind::terms;
}

// The first term of the element that term j is in.
template <class Kind>
constexpr int64_t first_of_element(int64_t j) {
  return j / Kind::terms * Kind::terms;
}

inline real scaled(real x, real factor) { return factor * x; }

template <class Vec>
HWY_INLINE Vec scaled(Vec x, real factor) {
  return hn::Mul(hn::Set(hn::DFromV<Vec>(), factor), x);
}

// One 4 x 4 block of transpose(): rows become columns in two rounds of interleaving.
template <class F>
HWY_ATTR void transpose_4x4(const real* x, int64_t time, int64_t queries, real* x_T, F f) {
#ifdef GRADUS_DOUBLE
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t t = 0; t < 4; ++t) x_T[i * queries + t] = f(x[t * time + i]);
  }
#else
  const hn::CappedTag<real, 4> four;
  const auto row = [&](int64_t t) HWY_ATTR { return f(hn::LoadU(four, x + t * time)); };
  const auto store = [&](auto column, int64_t i)
                         HWY_ATTR { hn::StoreU(column, four, x_T + i * queries); };
  const auto x_0 = row(0), x_1 = row(1), x_2 = row(2), x_3 = row(3);
  const auto even_low = hn::InterleaveLower(four, x_0, x_2);
  const auto odd_low = hn::InterleaveLower(four, x_1, x_3);
  const auto even_high = hn::InterleaveUpper(four, x_0, x_2);
  const auto odd_high = hn::InterleaveUpper(four, x_1, x_3);
  store(hn::InterleaveLower(four, even_low, odd_low), 0);
  store(hn::InterleaveUpper(four, even_low, odd_low), 1);
  store(hn::InterleaveLower(four, even_high, odd_high), 2);
  store(hn::InterleaveUpper(four, even_high, odd_high), 3);
#endif
}

// x_T (n, queries) = f(x (rows, n))^T, padded with zeros; f takes numbers and vectors.
template <class F>
HWY_ATTR void transpose(int64_t rows, int64_t n, const real* x, int64_t time, int64_t queries,
                        real* x_T, F f) {
  const int64_t whole_rows = rows / 4 * 4, whole_n = n / 4 * 4;
  for (int64_t t = 0; t < whole_rows; t += 4) {
    for (int64_t i = 0; i < whole_n; i += 4) {
      transpose_4x4(x + t * time + i, time, queries, x_T + i * queries + t, f);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t t = i < whole_n ? whole_rows : 0; t < queries; ++t) {
      x_T[i * queries + t] = t < rows ? f(x[t * time + i]) : 0;
    }
  }
}

#ifndef GRADUS_DOUBLE

// y (rows, (n + 1) / 2) of factor * x (rows, n): neighbours in a row are a pair, the last of an odd
// number of them one with 0.
template <class Kind>
HWY_ATTR void pair_columns(int64_t rows, int64_t n, real factor, const real* x, int64_t time,
                           real* y) {
  const int64_t pairs = (n + 1) / 2;
  for (int64_t t = 0; t < rows; ++t, x += time, y += pairs) {
    int64_t i = 0;
    for (; i + width <= n; i += width) {
      const auto halves = Kind::halves(hn::LoadU(d, x + i) * set(factor));
      hn::StoreU(halves, Halves(), reinterpret_cast<uint16_t*>(y) + i);
    }
    for (; i < n; i += 2) {
      const uint32_t first = to_bf16(factor * x[i]).bits;
      const uint32_t second = i + 1 < n ? to_bf16(factor * x[i + 1]).bits : 0;
      y[i / 2] = std::bit_cast<float>(second << 16 | first);
    }
  }
}

// y ((rows + 1) / 2, n) of x (rows, n): neighbours in a column are a pair.
template <class Kind>
HWY_ATTR void pair_rows(int64_t rows, int64_t n, const real* x, int64_t time, real* y) {
  for (int64_t t = 0; t < rows; t += 2, x += 2 * time, y += n) {
    for_each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
      const V second = t + 1 < rows ? load(x + time + i, part) : zero();
      store(pairs_of<Kind>(load(x + i, part), second), y + i, part);
    });
  }
}

#endif

// Queries (n, rows padded), for sums over the head size: factor * x (rows, n)^T.
template <class Kind>
HWY_ATTR Rows<const real> queries_by_size(int64_t rows, int64_t n, real factor, const real* x,
                                          int64_t time, Cursor& memory) {
  const int64_t queries = padded(rows), sizes = elements<Kind>(n);
  real* x_T = memory.take(sizes * queries);
  if constexpr (std::is_same_v<Kind, Numbers>) {
    transpose(rows, n, x, time, queries, x_T, [=](auto v) HWY_ATTR { return scaled(v, factor); });
  } else {
    real* pairs = memory.take(rows * sizes);
    pair_columns<Kind>(rows, n, factor, x, time, pairs);
    transpose(rows, sizes, pairs, sizes, queries, x_T, [](auto v) HWY_ATTR { return v; });
  }
  return {x_T, queries};
}

// Queries (rows, n), for sums over them.
template <class Kind>
HWY_ATTR Rows<const real> queries_by_query(int64_t rows, int64_t n, const real* x, int64_t time,
                                           Cursor& memory) {
  if constexpr (std::is_same_v<Kind, Numbers>) {
    return {x, time};
  } else {
    real* pairs = memory.take(elements<Kind>(rows) * n);
    pair_rows<Kind>(rows, n, x, time, pairs);
    return {pairs, n};
  }
}

// Scores (keys, queries) as (queries, keys), for sums over keys.
template <class Kind>
HWY_ATTR Elements scores_by_key(int64_t keys, int64_t queries, const real* scores, Cursor& memory) {
  if constexpr (std::is_same_v<Kind, Numbers>) {
    return {scores, 1, queries};
  } else {
    real* pairs = memory.take(elements<Kind>(keys) * queries);
    pair_rows<Kind>(keys, queries, scores, queries, pairs);
    return {pairs, 1, queries};
  }
}

// Scores (keys, queries), for sums over queries.
template <class Kind>
HWY_ATTR Elements scores_by_query(int64_t keys, int64_t queries, const real* scores,
                                  Cursor& memory) {
  const int64_t pairs_per_key = elements<Kind>(queries);
  if constexpr (std::is_same_v<Kind, Numbers>) {
    return {scores, queries, 1};
  } else {
    real* pairs = memory.take(keys * pairs_per_key);
    pair_columns<Kind>(keys, queries, 1, scores, queries, pairs);
    return {pairs, pairs_per_key, 1};
  }
}

// Keys j, j + 1, ... for sums over the head size.
inline Elements keys_by_size(const KeyOperand& k, const QueryBlock& n, int64_t j) {
  return {k.by_size + n.key_at(k.size_strides, j), k.size_strides.time, 1};
}

// Keys j, j + 1, ... for sums over them; j begins an element.
template <class Kind>
Rows<const real> rows_by_key(const KeyOperand& k, const QueryBlock& n, int64_t j) {
  return {k.by_key + n.key_at(k.key_strides, j / Kind::terms), k.key_strides.time};
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
