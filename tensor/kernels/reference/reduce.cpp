#include "tensor/kernels/reduce.h"

#include <cmath>

namespace gradus::kernels::reference {
namespace {

// y, index = the element that `better` prefers to all others; the first of equals, a NaN first.
template <class Better>
void best_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index,
                Better better) {
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      const real* line = x + o * n * inner + j;
      int64_t best = 0;
      for (int64_t i = 1; i < n; ++i) {
        const real value = line[i * inner];
        const real so_far = line[best * inner];
        if (std::isnan(so_far)) break;
        if (better(value, so_far) || std::isnan(value)) best = i;
      }
      y[o * inner + j] = line[best * inner];
      index[o * inner + j] = static_cast<int32_t>(best);
    }
  }
}

}  // namespace

void sum(int64_t outer, int64_t n, int64_t inner, const real* x, real* y) {
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      double total = 0;
      for (int64_t i = 0; i < n; ++i) total += x[(o * n + i) * inner + j];
      y[o * inner + j] = static_cast<real>(total);
    }
  }
}

void max_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index) {
  best_along(outer, n, inner, x, y, index, [](real a, real b) { return a > b; });
}

void min_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index) {
  best_along(outer, n, inner, x, y, index, [](real a, real b) { return a < b; });
}

void cumsum(int64_t outer, int64_t n, int64_t inner, bool reverse, const real* x, real* y) {
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      double total = 0;
      for (int64_t k = 0; k < n; ++k) {
        const int64_t i = reverse ? n - 1 - k : k;
        total += x[(o * n + i) * inner + j];
        y[(o * n + i) * inner + j] = static_cast<real>(total);
      }
    }
  }
}

double sum_of_squares(int64_t n, const real* x) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

bool all_finite(int64_t n, const real* x) {
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) return false;
  }
  return true;
}

}  // namespace gradus::kernels::reference
