#include "tensor/kernels/index.h"

#include <algorithm>

#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/launch.h"

namespace gradus::kernels {

void gather_rows(int64_t N, int64_t C, const real* table, const int32_t* ids, real* y) {
  if (use_reference()) return reference::gather_rows(N, C, table, ids, y);
  parallel_rows(N, C, [=](int64_t n) { std::copy_n(table + ids[n] * C, C, y + n * C); });
}

// Equal ids meet in one row of the table, so the work is split by columns: every chunk walks all
// rows in order.
void scatter_add_rows(int64_t N, int64_t C, const int32_t* ids, const real* dy, real* dtable) {
  if (use_reference()) return reference::scatter_add_rows(N, C, ids, dy, dtable);
  constexpr int64_t block_columns = 64;
  const int64_t grain = N * C < chunk_elements ? std::max<int64_t>(1, C) : block_columns;
  parallel_for(C, grain, [=](int64_t begin, int64_t end) {
    for (int64_t n = 0; n < N; ++n) {
      add_scaled(end - begin, 1, dy + n * C + begin, 1, dtable + ids[n] * C + begin, 1);
    }
  });
}

}  // namespace gradus::kernels
