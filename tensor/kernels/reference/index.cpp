#include "tensor/kernels/index.h"

namespace gradus::kernels::reference {

void gather_rows(int64_t N, int64_t C, const real* table, const int32_t* ids, real* y) {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) y[n * C + c] = table[ids[n] * C + c];
  }
}

void scatter_add_rows(int64_t N, int64_t C, const int32_t* ids, const real* dy, real* dtable) {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) dtable[ids[n] * C + c] += dy[n * C + c];
  }
}

}  // namespace gradus::kernels::reference
