#include "tensor/kernels/random.h"

#include <cmath>
#include <numbers>

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/random.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

using Words = hn::ScalableTag<uint32_t>;
using Pairs = hn::ScalableTag<uint64_t>;  // one block a lane; its word in the lower half
constexpr int64_t blocks_at_once = HWY_LANES(uint64_t);

// a * b of the lower halves, 64 bits.
HWY_INLINE hn::Vec<Pairs> multiply(hn::Vec<Pairs> a, uint32_t b) {
  return hn::MulEven(hn::BitCast(Words{}, a), hn::Set(Words{}, b));
}

// philox() of many consecutive blocks. Upper halves hold garbage until the end.
void random_words(Draw draw, uint64_t first_block, int64_t blocks, uint32_t* words) {
  const Pairs dp;
  const auto low = hn::Set(dp, 0xffffffffu);
  hn::Vec<Pairs> k0[philox_rounds];
  hn::Vec<Pairs> k1[philox_rounds];
  for (uint64_t round = 0; round < philox_rounds; ++round) {
    k0[round] = hn::Set(dp, draw.seed + round * philox_weyl[0]);
    k1[round] = hn::Set(dp, (draw.seed >> 32) + round * philox_weyl[1]);
  }
  const auto step = hn::Set(dp, static_cast<uint64_t>(blocks_at_once));
  auto block = hn::Iota(dp, first_block);
  for (int64_t b = 0; b < blocks; b += blocks_at_once, block += step) {
    auto c0 = block;
    auto c1 = hn::ShiftRight<32>(block);
    auto c2 = hn::Set(dp, draw.counter);
    auto c3 = hn::Set(dp, draw.counter >> 32);
    for (int round = 0; round < philox_rounds; ++round) {
      const auto p0 = multiply(c0, philox_multiplier[0]);
      const auto p1 = multiply(c2, philox_multiplier[1]);
      c0 = hn::Xor(hn::ShiftRight<32>(p1), hn::Xor(c1, k0[round]));
      c2 = hn::Xor(hn::ShiftRight<32>(p0), hn::Xor(c3, k1[round]));
      c1 = p1;
      c3 = p0;
    }
    const auto words01 = hn::Or(hn::And(c0, low), hn::ShiftLeft<32>(c1));
    const auto words23 = hn::Or(hn::And(c2, low), hn::ShiftLeft<32>(c3));
    hn::StoreInterleaved2(words01, words23, dp, reinterpret_cast<uint64_t*>(words + 4 * b));
  }
}

// x / (1 - p) where the uniform number u is p or more, else 0.
HWY_INLINE V keep(V u, V x, real p) { return hn::IfThenZeroElse(u < set(p), x * set(1 / (1 - p))); }
void dropout_dense(int64_t n, const real* u, real p, const real* x, real* y) {
  transform(
      n, y, [=](V u_i, V v) HWY_ATTR { return keep(u_i, v, p); }, u, x);
}
void dropout_slope(int64_t n, const real* u, real p, const real* dy, real* dx) {
  transform(
      n, dx, [=](V u_i, V g, V sum) HWY_ATTR { return sum + keep(u_i, g, p); }, u, dy, dx);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(random_words);
HWY_EXPORT(dropout_dense);
HWY_EXPORT(dropout_slope);

namespace {

constexpr int64_t batch = 1024;

// Calls f(begin, count, words) for batches of elements; element begin + i owns words[i].
template <class F>
void for_each_batch(Draw draw, int64_t n, F f) {
  parallel_for(n, 8 * batch, [=](int64_t chunk_begin, int64_t chunk_end) {
    alignas(64) uint32_t words[batch];
    for (int64_t begin = chunk_begin; begin < chunk_end; begin += batch) {
      HWY_DYNAMIC_DISPATCH(random_words)
      (draw, static_cast<uint64_t>(begin / 4), batch / 4, words);
      f(begin, std::min(batch, chunk_end - begin), words);
    }
  });
}

// The upper 24 bits, all that a float in [0, 1) can hold evenly spaced. (Signed integers convert
// faster.)
void to_uniform(int64_t n, const uint32_t* words, real* u) {
  for (int64_t i = 0; i < n; ++i) {
    u[i] = static_cast<real>(static_cast<int32_t>(words[i] >> 8)) * real{0x1p-24};
  }
}

// In (0, 1): never 0, so that its logarithm is finite.
double to_open_interval(uint32_t word) { return (word + 0.5) * 0x1p-32; }

}  // namespace

void uniform(Draw draw, int64_t n, real* y) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    to_uniform(count, words, y + begin);
  });
}

// Two uniform numbers make two normal ones (Box & Muller 1958): sqrt(-2 log u) times the cosine
// and the sine of 2 pi v. In double, so that both builds draw the same numbers.
void normal(Draw draw, int64_t n, real* y) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; i += 2) {
      const double radius = std::sqrt(-2 * std::log(to_open_interval(words[i])));
      const double angle = 2 * std::numbers::pi * to_open_interval(words[i + 1]);
      const double first = radius * std::cos(angle);
      const double second = radius * std::sin(angle);
      y[begin + i] = static_cast<real>(first);
      if (i + 1 < count) y[begin + i + 1] = static_cast<real>(second);
    }
  });
}

void dropout(Draw draw, real p, int64_t n, const real* x, real* y) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    real u[batch];
    to_uniform(count, words, u);
    HWY_DYNAMIC_DISPATCH(dropout_dense)(count, u, p, x + begin, y + begin);
  });
}

void dropout_backward(Draw draw, real p, int64_t n, const real* dy, real* dx) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    real u[batch];
    to_uniform(count, words, u);
    HWY_DYNAMIC_DISPATCH(dropout_slope)(count, u, p, dy + begin, dx + begin);
  });
}

}  // namespace gradus::kernels
#endif
