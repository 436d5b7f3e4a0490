#pragma once
// bfloat16: the upper half of a float32. Sign and exponent are whole, so the range is float32's;
// of the 24 significant bits 8 remain, so a number is off by at most 1/256 of itself.

#include <bit>
#include <cmath>

#include "tensor/real.h"

namespace gradus::kernels {

struct bf16 {
  uint16_t bits;
};

/// The nearest bfloat16; of two equally near the even one. A NaN stays a NaN, and the largest
/// floats become infinite.
inline bf16 to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t upper = bits >> 16;
  if (std::isnan(x)) return {static_cast<uint16_t>(upper | 0x40)};  // quiet, so not infinity
  return {static_cast<uint16_t>((bits + 0x7fff + (upper & 1)) >> 16)};
}

/// Exact.
inline float to_float(bf16 x) { return std::bit_cast<float>(uint32_t{x.bits} << 16); }

/// y[i] = to_bf16(x[i])
void round_to_bf16(int64_t n, const real* x, bf16* y);
/// y[i] = to_float(x[i])
void widen_bf16(int64_t n, const bf16* x, real* y);

namespace reference {
void round_to_bf16(int64_t n, const real* x, bf16* y);
void widen_bf16(int64_t n, const bf16* x, real* y);
}  // namespace reference

}  // namespace gradus::kernels
