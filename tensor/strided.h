#pragma once
// Walks operands of one shape and different strides row by row: dimensions that lie one behind
// the other in every operand are merged first, so that dense operands become a single row.

#include <algorithm>
#include <array>

#include "tensor/parallel.h"
#include "tensor/shape.h"

namespace gradus {

/// Elements per unit of parallel work. Fixed, so that results do not depend on the thread count.
inline constexpr int64_t elements_per_chunk = 16384;

template <size_t N>
struct StridedLoop {
  Shape shape;
  std::array<Strides, N> strides;

  /// Merges dimension i into i + 1 wherever that leaves every address unchanged.
  void collapse() {
    for (int i = shape.rank() - 2; i >= 0; --i) {
      if (shape[i + 1] == 1) {  // whatever its stride, nothing is ever multiplied by it
        shape = shape.erase(i + 1);
        for (Strides& s : strides) s = s.erase(i + 1);
        continue;
      }
      const bool mergeable =
          shape[i] == 1 || std::all_of(strides.begin(), strides.end(), [&](const Strides& s) {
            return s[i] == s[i + 1] * shape[i + 1];
          });
      if (!mergeable) continue;
      shape = shape.with(i + 1, shape[i] * shape[i + 1]).erase(i);
      for (Strides& s : strides) s = s.erase(i);
    }
  }
};

/// Calls f(n, offsets, steps) for every row, in parallel: element k of the row lies at
/// offsets[operand] + k * steps[operand]. Rows never overlap in the shape.
template <size_t N, class F>
void for_each_row(const Shape& shape, const std::array<Strides, N>& strides, F f) {
  if (shape.numel() == 0) return;
  StridedLoop<N> loop{shape, strides};
  loop.collapse();
  const int last = loop.shape.rank() - 1;
  const int64_t row = last < 0 ? 1 : loop.shape[last];
  const int64_t rows = shape.numel() / row;
  std::array<int64_t, N> steps{};
  for (size_t k = 0; k < N && last >= 0; ++k) steps[k] = loop.strides[k][last];

  if (rows == 1) {  // one row: cut it into pieces
    parallel_for(row, elements_per_chunk, [&](int64_t begin, int64_t end) {
      std::array<int64_t, N> offsets{};
      for (size_t k = 0; k < N; ++k) offsets[k] = begin * steps[k];
      f(end - begin, offsets, steps);
    });
    return;
  }
  parallel_for(rows, std::max<int64_t>(1, elements_per_chunk / row),
               [&](int64_t begin, int64_t end) {
                 for (int64_t r = begin; r < end; ++r) {
                   std::array<int64_t, N> offsets{};
                   int64_t rest = r;
                   for (int d = last - 1; d >= 0; --d) {
                     const int64_t index = rest % loop.shape[d];
                     rest /= loop.shape[d];
                     for (size_t k = 0; k < N; ++k) offsets[k] += index * loop.strides[k][d];
                   }
                   f(row, offsets, steps);
                 }
               });
}

}  // namespace gradus
