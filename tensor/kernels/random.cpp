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
  for (int64_t b = 0; b < blocks; b += blocks_at_once) {
    const auto block = hn::Iota(dp, first_block + static_cast<uint64_t>(b));
    auto c0 = block;
    auto c1 = hn::ShiftRight<32>(block);
    auto c2 = hn::Set(dp, draw.counter);
    auto c3 = hn::Set(dp, draw.counter >> 32);
    auto k0 = static_cast<uint32_t>(draw.seed);
    auto k1 = static_cast<uint32_t>(draw.seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const auto p0 = multiply(c0, philox_multiplier[0]);
      const auto p1 = multiply(c2, philox_multiplier[1]);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(dp, k0));
      c1 = p1;
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(dp, k1));
      c3 = p0;
      k0 += philox_weyl[0];
      k1 += philox_weyl[1];
    }
    const auto words01 = hn::Or(hn::And(c0, low), hn::ShiftLeft<32>(c1));
    const auto words23 = hn::Or(hn::And(c2, low), hn::ShiftLeft<32>(c3));
    hn::StoreInterleaved2(words01, words23, dp, reinterpret_cast<uint64_t*>(words + 4 * b));
  }
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(random_words);

namespace {

// Calls f(begin, count, words) for batches of elements; element begin + i owns words[i].
template <class F>
void for_each_batch(Draw draw, int64_t n, F f) {
  constexpr int64_t batch = 1024;
  parallel_for(n, 8 * batch, [=](int64_t chunk_begin, int64_t chunk_end) {
    alignas(64) uint32_t words[batch];
    for (int64_t begin = chunk_begin; begin < chunk_end; begin += batch) {
      HWY_DYNAMIC_DISPATCH(random_words)
      (draw, static_cast<uint64_t>(begin / 4), batch / 4, words);
      f(begin, std::min(batch, chunk_end - begin), words);
    }
  });
}

// The upper 24 bits, all that a float in [0, 1) can hold evenly spaced.
real to_uniform(uint32_t word) { return static_cast<real>(word >> 8) * real{0x1p-24}; }

// In (0, 1): never 0, so that its logarithm is finite.
double to_open_interval(uint32_t word) { return (word + 0.5) * 0x1p-32; }

}  // namespace

void uniform(Draw draw, int64_t n, real* y) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i) y[begin + i] = to_uniform(words[i]);
  });
}

// Two uniform numbers make two normal ones (Box & Muller 1958): sqrt(-2 log u) times the cosine
// and the sine of 2 pi v. In double, so that both builds draw the same numbers.
void normal(Draw draw, int64_t n, real* y) {
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; i += 2) {
      const double radius = std::sqrt(-2 * std::log(to_open_interval(words[i])));
      const double angle = 2 * std::numbers::pi * to_open_interval(words[i + 1]);
      y[begin + i] = static_cast<real>(radius * std::cos(angle));
      if (i + 1 < count) y[begin + i + 1] = static_cast<real>(radius * std::sin(angle));
    }
  });
}

void dropout(Draw draw, real p, int64_t n, const real* x, real* y) {
  const real scale = 1 / (1 - p);
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i) {
      y[begin + i] = to_uniform(words[i]) < p ? 0 : x[begin + i] * scale;
    }
  });
}

void dropout_backward(Draw draw, real p, int64_t n, const real* dy, real* dx) {
  const real scale = 1 / (1 - p);
  for_each_batch(draw, n, [=](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i) {
      dx[begin + i] += to_uniform(words[i]) < p ? 0 : dy[begin + i] * scale;
    }
  });
}

}  // namespace gradus::kernels
#endif
