// Attention of one block of query rows of one head. Included once per instruction set.
//
// Scores are kept transposed, (key, query): a vector holds the same key of neighbouring queries,
// so that the softmax over keys needs no sums across a vector, and of q and dy only the few rows
// of the block are ever transposed; k and v are read where they lie.

#if defined(GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#undef GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#else
#define GRADUS_TENSOR_KERNELS_ATTENTION_BLOCK_INL_H
#endif

#include <cmath>

#include "tensor/kernels/attention_block.h"
#include "tensor/kernels/simd_math.h"
#include "tensor/kernels/small_gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Columns of a transposed block: whole vectors, the queries beyond its rows being zero.
constexpr int64_t padded(int64_t rows) { return (rows + width - 1) / width * width; }

// One 4 x 4 block of transpose(): rows become columns in two rounds of interleaving.
HWY_ATTR inline void transpose_4x4(real factor, const real* x, int64_t time, int64_t queries,
                                   real* x_T) {
#ifdef GRADUS_DOUBLE
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t t = 0; t < 4; ++t) x_T[i * queries + t] = factor * x[t * time + i];
  }
#else
  const hn::CappedTag<real, 4> four;
  const auto scale = hn::Set(four, factor);
  const auto row = [&](int64_t t) HWY_ATTR { return scale * hn::LoadU(four, x + t * time); };
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

// x_T (n, queries) = factor * x (rows, n)^T, padded with zeros
HWY_ATTR inline void transpose(int64_t rows, int64_t n, real factor, const real* x, int64_t time,
                               int64_t queries, real* x_T) {
  const int64_t whole_rows = rows / 4 * 4, whole_n = n / 4 * 4;
  for (int64_t t = 0; t < whole_rows; t += 4) {
    for (int64_t i = 0; i < whole_n; i += 4) {
      transpose_4x4(factor, x + t * time + i, time, queries, x_T + i * queries + t);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t t = i < whole_n ? whole_rows : 0; t < queries; ++t) {
      x_T[i * queries + t] = t < rows ? factor * x[t * time + i] : 0;
    }
  }
}

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
// scratch: q transposed (hs, queries), scores (keys, queries), max and sum (queries)
HWY_ATTR inline void forward_block(const Attention& a, const QueryBlock& n, const real* q,
                                   const real* k, const real* v, real* y, real* lse,
                                   real* scratch) {
  const int64_t queries = padded(n.rows);
  const int64_t j = n.first_key(a), keys = n.end_key(a) - j;
  real* q_T = scratch;
  real* max = q_T + a.hs * queries;
  real* sum = max + queries;
  real* p = sum + queries;
  transpose(n.rows, a.hs, a.scale, q + n.at(a.q_strides), a.q_strides.time, queries, q_T);
  const Elements K{k + n.key_at(a.k_strides, j), a.k_strides.time, 1};
  small_gemm(keys, queries, a.hs, K, {q_T, queries}, false, {p, queries});
  bias_and_mask(a, n, j, keys, queries, p);
  exp_scores(keys, queries, p, max, sum);

  const int64_t time = a.NH * a.hs;
  real* y_block = y + n.row(a);
  const Rows<const real> V_rows{v + n.key_at(a.v_strides, j), a.v_strides.time};
  small_gemm(n.rows, a.hs, keys, {p, 1, queries}, V_rows, false, {y_block, time});
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

// The queries of a block as backward needs them, in scratch.
struct BlockRows {
  int64_t queries;
  real *q_T, *dy_T;  // (hs, queries)
  real *lse, *dy_y;  // (queries)
  real *p, *ds;      // (keys_per_tile, queries)
};

HWY_ATTR inline BlockRows prepare_rows(const Attention& a, const QueryBlock& n, const real* q,
                                       const real* y, const real* lse, const real* dy,
                                       real* scratch) {
  const int64_t queries = padded(n.rows), time = a.NH * a.hs;
  const BlockRows r{queries,
                    scratch,
                    scratch + a.hs * queries,
                    scratch + 2 * a.hs * queries,
                    scratch + (2 * a.hs + 1) * queries,
                    scratch + (2 * a.hs + 2) * queries,
                    scratch + (2 * a.hs + 2 + keys_per_tile) * queries};
  transpose(n.rows, a.hs, a.scale, q + n.at(a.q_strides), a.q_strides.time, queries, r.q_T);
  transpose(n.rows, a.hs, 1, dy + n.row(a), time, queries, r.dy_T);
  for (int64_t t = 0; t < queries; ++t) r.lse[t] = r.dy_y[t] = 0;
  for (int64_t t = 0; t < n.rows; ++t) {
    const real row_lse = lse[n.lse(a) + t];
    r.lse[t] = row_lse == -infinity ? 0 : row_lse;
    const real *dy_row = dy + n.row(a) + t * time, *y_row = y + n.row(a) + t * time;
    r.dy_y[t] = static_cast<real>(sum_terms(a.hs, [&](int64_t i, auto part) HWY_ATTR {
      return load(dy_row + i, part) * load(y_row + i, part);
    }));
  }
  return r;
}

// The share of one block of queries and the keys [begin, end) in the gradients:
//   dv[j] += p[j] dy[t]       ds[j] = p[j] (dy[t] · v[j] - dy[t] · y[t]) scale
//   dq[t] += sum over j of ds[j] k[j]       dk[j] += ds[j] q[t]
//   drelative_bias (one head's) += ds by distance, with the factor scale still in it
HWY_ATTR inline void backward_block(const Attention& a, const QueryBlock& n, int64_t begin,
                                    int64_t end, const real* q, const real* k, const real* v,
                                    const real* y, const real* lse, const real* dy,
                                    const AttentionGradients& g, real* scratch) {
  begin = std::max(begin, n.first_key(a));
  end = std::min(end, n.end_key(a));
  if (begin >= end) return;
  const BlockRows r = prepare_rows(a, n, q, y, lse, dy, scratch);
  const int64_t time = a.NH * a.hs, key_time = a.NKV * a.hs;
  const Rows<const real> Q{q + n.at(a.q_strides), a.q_strides.time};
  const Rows<const real> dY{dy + n.row(a), time};
  const bool scores_wanted = g.dq != nullptr || g.dk != nullptr || g.drelative_bias != nullptr;
  for (int64_t j = begin; j < end; j += keys_per_tile) {
    const int64_t keys = std::min(keys_per_tile, end - j);
    const real* k_tile = k + n.key_at(a.k_strides, j);
    const real* v_tile = v + n.key_at(a.v_strides, j);
    const int64_t key_row = ((n.b * a.S + j) * a.NKV + n.kv) * a.hs;

    small_gemm(keys, r.queries, a.hs, {k_tile, a.k_strides.time, 1}, {r.q_T, r.queries}, false,
               {r.p, r.queries});
    bias_and_mask(a, n, j, keys, r.queries, r.p);
    probabilities(keys, r.queries, r.lse, r.p);
    const Elements P{r.p, r.queries, 1};
    if (g.dv != nullptr) small_gemm(keys, a.hs, n.rows, P, dY, true, {g.dv + key_row, key_time});
    if (!scores_wanted) continue;

    small_gemm(keys, r.queries, a.hs, {v_tile, a.v_strides.time, 1}, {r.dy_T, r.queries}, false,
               {r.ds, r.queries});
    score_gradient(keys, r.queries, r.p, r.dy_y, a.scale, r.ds);
    if (g.drelative_bias != nullptr) {
      sum_by_distance(keys, n.rows, r.queries, r.ds, g.drelative_bias + n.distance(a, j));
    }
    const Elements dS{r.ds, r.queries, 1}, dS_T{r.ds, 1, r.queries};
    const Rows<const real> K_rows{k_tile, a.k_strides.time};
    if (g.dq != nullptr)
      small_gemm(n.rows, a.hs, keys, dS_T, K_rows, true, {g.dq + n.row(a), time});
    if (g.dk != nullptr) small_gemm(keys, a.hs, n.rows, dS, Q, true, {g.dk + key_row, key_time});
  }
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
