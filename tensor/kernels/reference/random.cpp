#include "tensor/kernels/random.h"

namespace gradus::kernels {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  auto [c0, c1, c2, c3] = counter;
  auto [k0, k1] = key;
  for (int round = 0; round < philox_rounds; ++round) {
    const uint64_t p0 = uint64_t{philox_multiplier[0]} * c0;
    const uint64_t p1 = uint64_t{philox_multiplier[1]} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += philox_weyl[0];
    k1 += philox_weyl[1];
  }
  return {c0, c1, c2, c3};
}

std::array<uint32_t, 4> random_block(Draw draw, uint64_t block) {
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto high = [](uint64_t v) { return static_cast<uint32_t>(v >> 32); };
  return philox({low(block), high(block), low(draw.counter), high(draw.counter)},
                {low(draw.seed), high(draw.seed)});
}

}  // namespace gradus::kernels
