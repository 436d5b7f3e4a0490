#pragma once
// Private to the kernels: how work is split over threads.

#include <algorithm>

#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"

namespace gradus::kernels {

/// Elements per chunk. Fixed, so that results do not depend on the number of threads.
inline constexpr int64_t chunk_elements = 16384;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Items of `size` elements that make up one chunk.
inline int64_t grain_of(int64_t size) {
  return std::max<int64_t>(1, chunk_elements / std::max<int64_t>(1, size));
}

/// Calls f(row) for N rows of C numbers.
template <class F>
void parallel_rows(int64_t N, int64_t C, F&& f) {
  parallel_for(N, grain_of(C), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) f(row);
  });
}

/// Runs plain(n, x...) in reference mode, else fast(count, x + begin...) for every chunk of n
/// dense elements.
template <class Kernel, class... Pointers>
void launch(Kernel* plain, Kernel* fast, int64_t n, Pointers... x) {
  if (use_reference()) return plain(n, x...);
  parallel_for(n, chunk_elements,
               [=](int64_t begin, int64_t end) { fast(end - begin, (x + begin)...); });
}

}  // namespace gradus::kernels
