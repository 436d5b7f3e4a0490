// Scaled dot-product attention by the formulas (Vaswani et al. 2017, eq. 1), one query at a time.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tensor/kernels/attention.h"
#include "tensor/kernels/bf16.h"

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

// An operand of a product as the precision has it.
real operand(const Attention& a, real x) {
  return a.precision == Precision::float32 ? x : static_cast<real>(to_float(to_bf16(float(x))));
}

// factor * x · y
real product(const Attention& a, real factor, const real* x, const real* y) {
  real sum = 0;
  for (int64_t i = 0; i < a.hs; ++i) sum += operand(a, factor * x[i]) * operand(a, y[i]);
  return sum;
}

// y += factor * x
void add_product(const Attention& a, real factor, const real* x, real* y) {
  for (int64_t i = 0; i < a.hs; ++i) y[i] += operand(a, factor) * operand(a, x[i]);
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
    scores[j] = product(a, a.scale, q + n.at(a.q_strides), k + n.key(a.k_strides, j));
    if (a.bias != nullptr) scores[j] += a.bias[bias + j];
    if (a.relative_bias != nullptr) scores[j] += a.relative_bias[relative(a, n, j)];
  }
}

// exp(score - base); 0 for a hidden key
real exp_score(real score, real base) { return score == -infinity ? 0 : std::exp(score - base); }

}  // namespace

// y[t] = sum over j of p[j] v[j] / sum over j of p[j],   p[j] = exp(scores[j] - max): around the
// largest score exp stays finite
void attention(const Attention& a, const real* q, const real* k, const real* v, real* y,
               real* lse) {
  std::vector<real> scores(static_cast<size_t>(a.S));
  for_each_query(a, [&](const Query& n) {
    query_scores(a, n, q, k, scores.data());
    real max = -infinity, sum = 0;
    for (const real s : scores) max = std::max(max, s);
    real* y_row = y + n.row(a);
    std::fill_n(y_row, a.hs, real{0});
    for (int64_t j = 0; j < a.S; ++j) {
      const real p = exp_score(scores[static_cast<size_t>(j)], max);
      sum += p;
      if (p != 0) add_product(a, p, v + n.key(a.v_strides, j), y_row);
    }
    lse[n.lse(a)] = sum == 0 ? -infinity : max + std::log(sum);
    for (int64_t i = 0; i < a.hs; ++i) y_row[i] *= sum == 0 ? 0 : 1 / sum;
  });
}

// With p[j] = exp(scores[j] - lse) and dp[j] = dy[t] · v[j],
//   D = sum over j of p[j] dp[j] = dy[t] · y[t]
//   dv[j] += p[j] dy[t]       ds[j] = p[j] (dp[j] - D)       drelative_bias[t - j] += ds[j]
//   dq[t] += sum over j of scale ds[j] k[j]       dk[j] += scale ds[j] q[t]
void attention_backward(const Attention& a, const real* q, const real* k, const real* v,
                        const real* y, const real* lse, const real* dy,
                        const AttentionGradients& g) {
  std::vector<real> scores(static_cast<size_t>(a.S));
  for_each_query(a, [&](const Query& n) {
    query_scores(a, n, q, k, scores.data());
    const real* dy_row = dy + n.row(a);
    real D = 0;
    for (int64_t i = 0; i < a.hs; ++i) D += dy_row[i] * y[n.row(a) + i];
    for (int64_t j = 0; j < a.S; ++j) {
      const real p = exp_score(scores[static_cast<size_t>(j)], lse[n.lse(a)]);
      if (p == 0) continue;
      const real dp = product(a, 1, dy_row, v + n.key(a.v_strides, j));
      const real ds = p * (dp - D), dqk = ds * a.scale;
      if (g.drelative_bias != nullptr) g.drelative_bias[relative(a, n, j)] += ds;
      if (g.dv != nullptr) add_product(a, p, dy_row, g.dv + n.key_row(a, j));
      if (g.dq != nullptr) add_product(a, dqk, k + n.key(a.k_strides, j), g.dq + n.row(a));
      if (g.dk != nullptr) add_product(a, dqk, q + n.at(a.q_strides), g.dk + n.key_row(a, j));
    }
  });
}

}  // namespace gradus::kernels::reference
