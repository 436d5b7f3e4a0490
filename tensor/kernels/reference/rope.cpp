#include "tensor/kernels/rope.h"

namespace gradus::kernels::reference {

void rope(const Rope& r, const real* x, const HeadStrides& strides, real* y) {
  const int64_t half = r.hs / 2;
  for (int64_t b = 0; b < r.B; ++b) {
    for (int64_t t = 0; t < r.T; ++t) {
      const int64_t angles = (r.per_row ? b * r.T + t : t) * half;
      for (int64_t h = 0; h < r.NH; ++h, y += r.hs) {
        const real* head = x + b * strides.batch + t * strides.time + h * strides.head;
        for (int64_t i = 0; i < half; ++i) {
          const real c = r.cos[angles + i], s = r.back ? -r.sin[angles + i] : r.sin[angles + i];
          y[i] = head[i] * c - head[i + half] * s;
          y[i + half] = head[i + half] * c + head[i] * s;
        }
      }
    }
  }
}

}  // namespace gradus::kernels::reference
