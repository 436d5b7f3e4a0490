#pragma once
// Philox4x32-10 streams; element i depends on the draw and on i only.

#include <array>

#include "tensor/random.h"
#include "tensor/real.h"

namespace gradus::kernels {

/// The multipliers of a round of Philox, and what is added to the key after it.
inline constexpr int philox_rounds = 10;
inline constexpr std::array<uint32_t, 2> philox_multiplier = {0xD2511F53, 0xCD9E8D57};
inline constexpr std::array<uint32_t, 2> philox_weyl = {0x9E3779B9, 0xBB67AE85};

/// Ten rounds of Philox on a 128-bit counter with a 64-bit key (Salmon et al. 2011, §4.3).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);
/// Words 4 * block ... 4 * block + 3 of a draw.
std::array<uint32_t, 4> random_block(Draw draw, uint64_t block);

/// Uniform in [0, 1), 24 bits.
void uniform(Draw draw, int64_t n, real* y);
/// Standard normal, Box-Muller.
void normal(Draw draw, int64_t n, real* y);
/// y = x / (1 - p) where kept, 0 where dropped: element i is dropped if its uniform number < p.
void dropout(Draw draw, real p, int64_t n, const real* x, real* y);
/// dx += dy / (1 - p) where the same draw kept.
void dropout_backward(Draw draw, real p, int64_t n, const real* dy, real* dx);

}  // namespace gradus::kernels
