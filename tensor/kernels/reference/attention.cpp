// Scaled dot-product attention by the formulas (Vaswani et al. 2017, eq. 1), one query at a time.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tensor/kernels/attention.h"

namespace gradus::kernels::reference {
namespace {

constexpr real infinity = std::numeric_limits<real>::infinity();

// One query of one head: where its numbers lie.
struct Query {
  int64_t b, t, h, kv;

  int64_t at(const HeadStrides& s) const { return b * s.batch + t * s.time + h * s.head; }
  int64_t row(const Attention& a) const { return ((b * a.T + t) * a.NH + h) * a.hs; }
  int64_t lse(const Attention& a) const { return (b * a.NH + h) * a.T + t; }
  int64_t key(const HeadStrides& s, int64_t j) const {
    return b * s.batch + j * s.time + kv * s.head;
  }
  int64_t key_row(const Attention& a, int64_t j) const {
    return ((b * a.S + j) * a.NKV + kv) * a.hs;
  }
};

template <class F>
void for_each_query(const Attention& a, F f) {
  const int64_t group = a.NH / std::max<int64_t>(a.NKV, 1);  // query heads per key/value head
  for (int64_t b = 0; b < a.B; ++b)
    for (int64_t h = 0; h < a.NH; ++h)
      for (int64_t t = 0; t < a.T; ++t) f(Query{b, t, h, h / group});
}

bool visible(const Attention& a, const Query& n, int64_t j) {
  const int64_t place = n.t + a.S - a.T;
  if (j <= place - a.behind() || j >= place + a.ahead()) return false;
  return a.key_mask == nullptr || a.key_mask[n.b * a.S + j] != 0;
}

real dot(int64_t n, const real* x, const real* y) {
  real sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

void add_scaled(int64_t n, real factor, const real* x, real* y) {
  for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

int64_t relative(const Attention& a, const Query& n, int64_t j) {
  return n.h * a.distances() + n.t - j + a.S - 1;
}

// scores[j] = scale * q[t] · k[j] + bias[t, j] + relative_bias[t - j], -inf where key j is hidden
void query_scores(const Attention& a, const Query& n, const real* q, const real* k, real* scores) {
  const int64_t bias = n.b * a.bias_batch + n.h * a.bias_head + n.t * a.S;
  for (int64_t j = 0; j < a.S; ++j) {
    if (!visible(a, n, j)) {
      scores[j] = -infinity;
      continue;
    }
    scores[j] = a.scale * dot(a.hs, q + n.at(a.q_strides), k + n.key(a.k_strides, j));
    if (a.bias != nullptr) scores[j] += a.bias[bias + j];
    if (a.relative_bias != nullptr) scores[j] += a.relative_bias[relative(a, n, j)];
  }
}

// log(sum over j of exp(scores[j])), around the largest score so that exp stays finite
real log_sum_exp(const std::vector<real>& scores) {
  real max = -infinity;
  for (const real s : scores) max = std::max(max, s);
  if (max == -infinity) return -infinity;
  real sum = 0;
  for (const real s : scores) sum += std::exp(s - max);
  return max + std::log(sum);
}

real probability(real score, real lse) { return score == -infinity ? 0 : std::exp(score - lse); }

}  // namespace

// y[t] = sum over j of p[j] v[j],   p[j] = exp(scores[j] - lse)
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y,
               real* lse) {
  std::vector<real> scores(static_cast<size_t>(a.S));
  for_each_query(a, [&](const Query& n) {
    query_scores(a, n, q, k, scores.data());
    const real row_lse = log_sum_exp(scores);
    lse[n.lse(a)] = row_lse;
    real* y_row = y + n.row(a);
    std::fill_n(y_row, a.hs, real{0});
    for (int64_t j = 0; j < a.S; ++j) {
      const real p = probability(scores[static_cast<size_t>(j)], row_lse);
      if (p != 0) add_scaled(a.hs, p, v + n.key(a.v_strides, j), y_row);
    }
  });
}

// With p as above, dp[j] = dy[t] · v[j] and D = sum over j of p[j] dp[j] = dy[t] · y[t]:
//   dv[j] += p[j] dy[t]       ds[j] = p[j] (dp[j] - D)       drelative_bias[t - j] += ds[j]
//   dq[t] += sum over j of scale ds[j] k[j]       dk[j] += scale ds[j] q[t]
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy,
                        const AttentionGradients& g) {
  std::vector<real> scores(static_cast<size_t>(a.S));
  for_each_query(a, [&](const Query& n) {
    query_scores(a, n, q, k, scores.data());
    const real* dy_row = dy + n.row(a);
    const real D = dot(a.hs, dy_row, y + n.row(a));
    for (int64_t j = 0; j < a.S; ++j) {
      const real p = probability(scores[static_cast<size_t>(j)], lse[n.lse(a)]);
      if (p == 0) continue;
      const real dp = dot(a.hs, dy_row, v + n.key(a.v_strides, j));
      const real ds = p * (dp - D), dqk = ds * a.scale;
      if (g.drelative_bias != nullptr) g.drelative_bias[relative(a, n, j)] += ds;
      if (g.dv != nullptr) add_scaled(a.hs, p, dy_row, g.dv + n.key_row(a, j));
      if (g.dq != nullptr) add_scaled(a.hs, dqk, k + n.key(a.k_strides, j), g.dq + n.row(a));
      if (g.dk != nullptr) add_scaled(a.hs, dqk, q + n.at(a.q_strides), g.dk + n.key_row(a, j));
    }
  });
}

}  // namespace gradus::kernels::reference
