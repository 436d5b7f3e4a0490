#pragma once
// Random numbers one after another, for recipes whose next draw depends on the last one. A stream
// depends on its seed, its name and two numbers alone: the data of epoch 7, document 3 can be drawn
// without what comes before them (counter-based numbers, tensor/random.h).

#include <string_view>
#include <utility>
#include <vector>

#include "tensor/kernels/random.h"

namespace gradus {

class RandomStream {
 public:
  /// a: any number; b: below 2^32.
  RandomStream(uint64_t seed, std::string_view name, uint64_t a, uint64_t b)
      : draw_(draw_for(seed, name)), block_(b << 32) {
    draw_.counter += a;
  }

  /// 64 random bits.
  uint64_t next() {
    const auto words = kernels::random_block(draw_, block_++);
    return uint64_t{words[1]} << 32 | words[0];
  }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Uniform in [0, n), n > 0; the bias of the remainder is below n / 2^64.
  uint64_t below(uint64_t n) { return next() % n; }
  /// Uniform in [low, high], both included: Python's random.randint.
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }

 private:
  Draw draw_;
  uint64_t block_;
};

/// Puts `values` into random order (Fisher & Yates; Knuth, TAOCP volume 2, algorithm P).
template <class T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace gradus
