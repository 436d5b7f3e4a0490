// Attention of one block of query rows of one head. Included once per instruction set.
//
// Scores are kept transposed, (key, query): a vector holds the same key of neighbouring queries,
// so that the softmax over keys needs no sums across a vector, and of q and dy only the few rows
// of the block are ever transposed. attention_operands-inl.h says how each operand is read.

#if defined(GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#undef GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#else
#define GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#endif

#include <cmath>

#include "tensor/kernels/attention_operands-inl.h"
#include "tensor/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Adds the biases to scores (keys, queries) of keys j, j + 1, ...
inline void add_biases(const Attention& a, const QueryBlock& n, int64_t j, int64_t keys,
                       int64_t queries, real* scores) {
  for (int64_t end = j + keys; j < end; ++j, scores += queries) {
    if (a.bias != nullptr) {
      const real* bias = a.bias + n.b * a.bias_batch + n.h * a.bias_head + n.t * a.S + j;
      for (int64_t i = 0; i < n.rows; ++i) scores[i] += bias[i * a.S];
    }
    if (a.relative_bias != nullptr) {
      const real* bias = a.relative_bias + n.h * a.distances() + n.distance(a, j);
      for (int64_t i = 0; i < n.rows; ++i) scores[i] += bias[i];
    }
  }
}

// Makes scores (keys, queries) of keys j, j + 1, ... -inf where a query does not see the key.
inline void hide_keys(const Attention& a, const QueryBlock& n, int64_t j, int64_t keys,
                      int64_t queries, real* scores) {
  const int64_t end = j + keys;
  const auto hide = [&](int64_t key, int64_t from, int64_t to) {
    real* row = scores + (key - j) * queries;
    std::fill(row + from, row + to, -infinity);
  };
  // Query i stands at place + i and sees the keys from there - behind + 1 to there + ahead - 1.
  const int64_t place = n.place(a), ahead = a.ahead(), behind = a.behind();
  for (int64_t key = std::max(j, place + ahead); key < end; ++key) {
    hide(key, 0, std::min(queries, key - place - ahead + 1));
  }
  for (int64_t key = j; key < std::min(end, place - behind + queries); ++key) {
    hide(key, std::max<int64_t>(0, key - place + behind), queries);
  }
  for (int64_t key = j; a.key_mask != nullptr && key < end; ++key) {
    if (a.key_mask[n.b * a.S + key] == 0) hide(key, 0, queries);
  }
}

inline void bias_and_mask(const Attention& a, const QueryBlock& n, int64_t j, int64_t keys,
                          int64_t queries, real* scores) {
  if (a.bias != nullptr || a.relative_bias != nullptr) {
    add_biases(a, n, j, keys, queries, scores);
  }
  hide_keys(a, n, j, keys, queries, scores);
}

// Replaces scores (keys, queries) by exp(score - max) for each query and returns the sums in `sum`.
HWY_ATTR inline void exp_scores(int64_t keys, int64_t queries, real* scores, real* max, real* sum) {
  for (int64_t i = 0; i < queries; i += width) {
    V even = hn::Set(d, -infinity), odd = even;  // two chains hide the latency of max
    int64_t j = 0;
    for (; j + 2 <= keys; j += 2) {
      even = hn::Max(even, hn::Load(d, scores + j * queries + i));
      odd = hn::Max(odd, hn::Load(d, scores + (j + 1) * queries + i));
    }
    if (j < keys) even = hn::Max(even, hn::Load(d, scores + j * queries + i));
    const V m = hn::Max(even, odd);
    // A query that sees no key: exp(-inf - 0) = 0 instead of exp(-inf + inf).
    const V base = hn::IfThenZeroElse(hn::Eq(m, hn::Set(d, -infinity)), m);
    V total = hn::Zero(d);
    for (j = 0; j < keys; ++j) {
      real* p = scores + j * queries + i;
      const V e = exp_or_zero(hn::Sub(hn::Load(d, p), base));
      total = hn::Add(total, e);
      hn::Store(e, d, p);
    }
    hn::Store(base, d, max + i);
    hn::Store(total, d, sum + i);
  }
}

// y[t] = sum over j of p[j] v[j],   p = softmax(scale * q[t] · k[j] + bias)
template <class Kind>
HWY_ATTR void forward_block(const Attention& a, const QueryBlock& n, const real* q,
                            const KeyOperand& k, const KeyOperand& v, real* y, real* lse,
                            real* scratch) {
  const int64_t queries = padded(n.rows), time = a.NH * a.hs;
  const int64_t j = first_of_element<Kind>(n.first_key(a)), keys = n.end_key(a) - j;
  Cursor memory{scratch};
  real *max = memory.take(queries), *sum = memory.take(queries);
  real* p = memory.take(keys * queries);  // scores, then probabilities before their normalizer
  const Rows<const real> q_T =
      queries_by_size<Kind>(n.rows, a.hs, a.scale, q + n.at(a.q_strides), a.q_strides.time, memory);
  small_gemm<Kind>(keys, queries, elements<Kind>(a.hs), keys_by_size(k, n, j), q_T, false,
                   {p, queries});
  bias_and_mask(a, n, j, keys, queries, p);
  exp_scores(keys, queries, p, max, sum);

  real* y_block = y + n.row(a);
  small_gemm<Kind>(n.rows, a.hs, elements<Kind>(keys),
                   scores_by_key<Kind>(keys, queries, p, memory), rows_by_key<Kind>(v, n, j), false,
                   {y_block, time});
  transform(
      n.rows, lse + n.lse(a), [](V m, V s) HWY_ATTR { return m + log(s); }, max, sum);
  for (int64_t t = 0; t < n.rows; ++t) {
    const real normalizer = sum[t] == 0 ? 0 : 1 / sum[t];
    for (int64_t i = 0; i < a.hs; ++i) y_block[t * time + i] *= normalizer;
  }
}

// p = exp(scores - lse), n = keys * queries; a query that sees no key has lse = 0 here.
HWY_ATTR inline void probabilities(int64_t keys, int64_t queries, const real* lse, real* p) {
  for (int64_t j = 0; j < keys; ++j, p += queries) {
    for (int64_t i = 0; i < queries; i += width) {
      hn::Store(exp_or_zero(hn::Sub(hn::Load(d, p + i), hn::Load(d, lse + i))), d, p + i);
    }
  }
}

// dp becomes ds = p * (dp - dy · y) * scale
HWY_ATTR inline void score_gradient(int64_t keys, int64_t queries, const real* p, const real* dy_y,
                                    real scale, real* dp) {
  const V factor = hn::Set(d, scale);
  for (int64_t j = 0; j < keys; ++j, p += queries, dp += queries) {
    for (int64_t i = 0; i < queries; i += width) {
      const V ds = hn::Mul(hn::Load(d, p + i), hn::Sub(hn::Load(d, dp + i), hn::Load(d, dy_y + i)));
      hn::Store(hn::Mul(ds, factor), d, dp + i);
    }
  }
}

// sum[i - j] += ds[j][i], the sum over each diagonal of ds (keys, queries)
inline void sum_by_distance(int64_t keys, int64_t rows, int64_t queries, const real* ds,
                            real* sum) {
  for (int64_t j = 0; j < keys; ++j, ds += queries, --sum) {
    for (int64_t i = 0; i < rows; ++i) sum[i] += ds[i];
  }
}

// lse, 0 where a query sees no key, and dy · y of every query of a block; zeros beyond its rows.
HWY_ATTR inline void row_sums(const Attention& a, const QueryBlock& n, const real* y,
                              const real* lse, const real* dy, int64_t queries, real* row_lse,
                              real* dy_y) {
  const int64_t time = a.NH * a.hs;
  for (int64_t t = 0; t < queries; ++t) row_lse[t] = dy_y[t] = 0;
  for (int64_t t = 0; t < n.rows; ++t) {
    const real value = lse[n.lse(a) + t];
    row_lse[t] = value == -infinity ? 0 : value;
    const real *dy_row = dy + n.row(a) + t * time, *y_row = y + n.row(a) + t * time;
    dy_y[t] = static_cast<real>(sum_terms(a.hs, [&](int64_t i, auto part) HWY_ATTR {
      return load(dy_row + i, part) * load(y_row + i, part);
    }));
  }
}

// The share of one block of queries and the keys [begin, end) in the gradients:
//   dv[j] += p[j] dy[t]       ds[j] = p[j] (dy[t] · v[j] - dy[t] · y[t]) scale
//   dq[t] += sum over j of ds[j] k[j]       dk[j] += ds[j] q[t]
//   drelative_bias (one head's) += ds by distance, with the factor scale still in it
template <class Kind>
HWY_ATTR void backward_block(const Attention& a, const QueryBlock& n, int64_t begin, int64_t end,
                             const real* q, const KeyOperand& k, const KeyOperand& v, const real* y,
                             const real* lse, const real* dy, const AttentionGradients& g,
                             real* scratch) {
  begin = std::max(begin, first_of_element<Kind>(n.first_key(a)));
  end = std::min(end, n.end_key(a));
  if (begin >= end) return;
  const int64_t time = a.NH * a.hs, key_time = a.NKV * a.hs, queries = padded(n.rows);
  const int64_t sizes = elements<Kind>(a.hs), row_elements = elements<Kind>(n.rows);
  const real *q_block = q + n.at(a.q_strides), *dy_block = dy + n.row(a);
  Cursor memory{scratch};
  real *row_lse = memory.take(queries), *dy_y = memory.take(queries);
  real *p = memory.take(keys_per_tile * queries), *ds = memory.take(keys_per_tile * queries);
  row_sums(a, n, y, lse, dy, queries, row_lse, dy_y);
  const Rows<const real> q_T =
      queries_by_size<Kind>(n.rows, a.hs, a.scale, q_block, a.q_strides.time, memory);
  const Rows<const real> dy_T = queries_by_size<Kind>(n.rows, a.hs, 1, dy_block, time, memory);
  const Rows<const real> Q =
      queries_by_query<Kind>(n.rows, a.hs, q_block, a.q_strides.time, memory);
  const Rows<const real> dY = queries_by_query<Kind>(n.rows, a.hs, dy_block, time, memory);
  const bool scores_wanted = g.dq != nullptr || g.dk != nullptr || g.drelative_bias != nullptr;
  for (int64_t j = begin; j < end; j += keys_per_tile) {
    const int64_t keys = std::min(keys_per_tile, end - j);
    const int64_t key_row = ((n.b * a.S + j) * a.NKV + n.kv) * a.hs;
    Cursor tile = memory;

    small_gemm<Kind>(keys, queries, sizes, keys_by_size(k, n, j), q_T, false, {p, queries});
    bias_and_mask(a, n, j, keys, queries, p);
    probabilities(keys, queries, row_lse, p);
    if (g.dv != nullptr) {
      const Elements P = scores_by_query<Kind>(keys, queries, p, tile);
      small_gemm<Kind>(keys, a.hs, row_elements, P, dY, true, {g.dv + key_row, key_time});
    }
    if (!scores_wanted) continue;

    small_gemm<Kind>(keys, queries, sizes, keys_by_size(v, n, j), dy_T, false, {ds, queries});
    score_gradient(keys, queries, p, dy_y, a.scale, ds);
    if (g.drelative_bias != nullptr) {
      sum_by_distance(keys, n.rows, queries, ds, g.drelative_bias + n.distance(a, j));
    }
    if (g.dq != nullptr) {
      const Elements dS_T = scores_by_key<Kind>(keys, queries, ds, tile);
      small_gemm<Kind>(n.rows, a.hs, elements<Kind>(keys), dS_T, rows_by_key<Kind>(k, n, j), true,
                       {g.dq + n.row(a), time});
    }
    if (g.dk != nullptr) {
      const Elements dS = scores_by_query<Kind>(keys, queries, ds, tile);
      small_gemm<Kind>(keys, a.hs, row_elements, dS, Q, true, {g.dk + key_row, key_time});
    }
  }
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
