#include "tensor/kernels/index.h"

#include <algorithm>

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/index.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Columns begin ... end of scatter_add_rows.
void scatter_columns(int64_t N, int64_t C, int64_t begin, int64_t end, const int32_t* ids,
                     const real* dy, real* dtable) {
  for (int64_t n = 0; n < N; ++n) {
    real* row = dtable + ids[n] * C + begin;
    const real* add = dy + n * C + begin;
    transform(
        end - begin, row, [](V sum, V v) HWY_ATTR { return sum + v; }, row, add);
  }
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(scatter_columns);

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
    HWY_DYNAMIC_DISPATCH(scatter_columns)(N, C, begin, end, ids, dy, dtable);
  });
}

}  // namespace gradus::kernels
#endif
