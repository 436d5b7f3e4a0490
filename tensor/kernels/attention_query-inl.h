// Attention of a single query, the newest token of a text that is being generated: keys and values
// are streamed once, row by row. Included once per instruction set.
//
// Every sum over keys is one chain in their order, so that keys before the others that are hidden
// (probability 0) change no bit.

#if defined(GRADUS_TENSOR_KERNELS_ATTENTION_QUERY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_TENSOR_KERNELS_ATTENTION_QUERY_INL_H
#undef GRADUS_TENSOR_KERNELS_ATTENTION_QUERY_INL_H
#else
#define GRADUS_TENSOR_KERNELS_ATTENTION_QUERY_INL_H
#endif

#include <cmath>

#include "tensor/kernels/attention_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// scores[r] = scale * q · k[r] for NK keys
template <int NK>
HWY_INLINE void query_scores(const Attention& a, const real* q, const real* k, real* scores) {
  V sum[NK];
  HWY_UNROLL(8) for (int r = 0; r < NK; ++r) sum[r] = zero();
  const auto add_products = [&](int64_t i, auto part) HWY_ATTR {
    const V q_i = load(q + i, part);
    HWY_UNROLL(8) for (int r = 0; r < NK; ++r) {
      sum[r] = hn::MulAdd(q_i, load(k + r * a.k_strides.time + i, part), sum[r]);
    }
  };
  for_each_vector(a.hs, add_products);
  HWY_UNROLL(8) for (int r = 0; r < NK; ++r) {
    scores[r] = a.scale * hn::GetLane(hn::SumOfLanes(d, sum[r]));
  }
}

// y = factor * sum over j of p[j] v[j], NV vectors of it
template <int NV, class P>
HWY_INLINE void weighted_values(int64_t keys, const real* p, const real* v, int64_t time,
                                real factor, P part, real* y) {
  V sum[NV];
  HWY_UNROLL(8) for (int c = 0; c < NV; ++c) sum[c] = zero();
  for (int64_t j = 0; j < keys; ++j) {
    const V p_j = set(p[j]);
    HWY_UNROLL(8) for (int c = 0; c < NV; ++c) {
      sum[c] = hn::MulAdd(p_j, load(v + j * time + c * width, part), sum[c]);
    }
  }
  HWY_UNROLL(8) for (int c = 0; c < NV; ++c) store(sum[c] * set(factor), y + c * width, part);
}

// As forward_block of numbers, for a block of one row. scratch: scores (S)
HWY_ATTR inline void forward_query(const Attention& a, const QueryBlock& n, const real* q,
                                   const real* k, const real* v, real* y, real* lse, real* p) {
  const int64_t first = n.first_key(a), keys = n.end_key(a) - first;
  const real* q_row = q + n.at(a.q_strides);
  const real* k_rows = k + n.key_at(a.k_strides, first);
  int64_t j = 0;
  for (; j + 4 <= keys; j += 4) query_scores<4>(a, q_row, k_rows + j * a.k_strides.time, p + j);
  for (; j < keys; ++j) query_scores<1>(a, q_row, k_rows + j * a.k_strides.time, p + j);
  bias_and_mask(a, n, first, keys, 1, p);

  const real largest = max_of(keys, p);
  const real max = largest == -infinity ? 0 : largest;  // a query that sees no key
  transform(
      keys, p, [=](V score) HWY_ATTR { return exp_or_zero(score - set(max)); }, p);
  real sum = 0;
  for (j = 0; j < keys; ++j) sum += p[j];
  lse[n.lse(a)] = sum == 0 ? -infinity : max + std::log(sum);

  constexpr int at_once = 4;
  const real normalizer = sum == 0 ? 0 : 1 / sum;
  const real* v_rows = v + n.key_at(a.v_strides, first);
  const int64_t time = a.v_strides.time;
  real* y_row = y + n.row(a);
  int64_t i = 0;
  for (; i + at_once * width <= a.hs; i += at_once * width) {
    weighted_values<at_once>(keys, p, v_rows + i, time, normalizer, Whole{}, y_row + i);
  }
  for_each_vector(a.hs - i, [&](int64_t c, auto part) HWY_ATTR {
    weighted_values<1>(keys, p, v_rows + i + c, time, normalizer, part, y_row + i + c);
  });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
