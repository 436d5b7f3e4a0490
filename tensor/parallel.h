#pragma once
// parallel_for: work cut into chunks whose size does not depend on the number of threads, so that
// every result is bitwise the same on one core and on sixty-four.

#include <algorithm>

#include "tensor/real.h"

namespace gradus {

/// Threads that parallel regions use; at least 1.
int num_threads();
void set_num_threads(int threads);
/// Cores that this process may use.
int available_cores();

/// Whether the caller already runs inside a parallel region (inner loops then run serially).
bool in_parallel();
/// Index of the calling thread inside a parallel region, in [0, num_threads()).
int thread_index();

/// Calls f(begin, end) for consecutive chunks of `grain` indices of [0, n). f must not throw.
template <class F>
void parallel_for(int64_t n, int64_t grain, F&& f) {
  const int64_t chunks = (n + grain - 1) / grain;
  const auto chunk = [&](int64_t c) { f(c * grain, std::min(n, (c + 1) * grain)); };
  if (chunks <= 1 || num_threads() == 1 || in_parallel()) {
    for (int64_t c = 0; c < chunks; ++c) chunk(c);
    return;
  }
#pragma omp parallel for schedule(dynamic)
  for (int64_t c = 0; c < chunks; ++c) chunk(c);
}

}  // namespace gradus
