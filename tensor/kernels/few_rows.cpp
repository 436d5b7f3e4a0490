// A few rows of x against all rows of w: every row of w is read from memory once and in order.

#include "tensor/kernels/few_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/few_rows.cpp"
#include "tensor/kernels/simd.h"
// simd.h must come first.
#include "hwy/cache_control.h"
#include "tensor/kernels/simd_bf16.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Bytes of weights that are on their way from memory while others are multiplied.
constexpr int64_t ahead = 16384;
constexpr size_t cache_line = 64;

// sum[r][m] += w[r][k ...] x[m][k ...], a vector of products
template <int NW, int NX, class T, class P>
HWY_INLINE void add_products(int64_t k, P part, int64_t K, const T* w, const T* x, int64_t ldx,
                             V (&sum)[NW][NX]) {
  V x_k[NX];
  HWY_UNROLL(8) for (int m = 0; m < NX; ++m) x_k[m] = load(x + m * ldx + k, part);
  HWY_UNROLL(8) for (int r = 0; r < NW; ++r) {
    const V w_k = load(w + r * K + k, part);
    HWY_UNROLL(8) for (int m = 0; m < NX; ++m) sum[r][m] = hn::MulAdd(w_k, x_k[m], sum[r][m]);
  }
}

// y[m][r] = w[r] · x[m] + bias[r] for NW rows of w and NX of x
template <int NW, int NX, class T>
HWY_INLINE void dot_products(int64_t N, int64_t K, const T* x, int64_t ldx, const T* w,
                             const real* bias, bool first, real* y) {
  V sum[NW][NX];
  HWY_UNROLL(8) for (int r = 0; r < NW; ++r) {
    HWY_UNROLL(8) for (int m = 0; m < NX; ++m) sum[r][m] = zero();
  }
  int64_t k = 0;
  for (; k + width <= K; k += width) {
    if (first) {  // what comes later is asked for early, in the order of memory
      const char* later = reinterpret_cast<const char*>(w + NW * k) + ahead;
      HWY_UNROLL(8)
      for (size_t i = 0; i < NW * width * sizeof(T); i += cache_line) hwy::Prefetch(later + i);
    }
    add_products(k, Whole{}, K, w, x, ldx, sum);
  }
  if (k < K) add_products(k, Part{K - k}, K, w, x, ldx, sum);
  for (int r = 0; r < NW; ++r) {
    const real shift = bias == nullptr ? 0 : bias[r];
    for (int m = 0; m < NX; ++m) {
      y[m * N + r] = hn::GetLane(hn::SumOfLanes(d, sum[r][m])) + shift;
    }
  }
}

// NW rows of w, while they are in the first cache, against all rows of x, NX at a time.
template <int NW, int NX, class T>
HWY_INLINE void weight_rows(int64_t M, int64_t N, int64_t K, const T* x, int64_t ldx, const T* w,
                            const real* bias, real* y) {
  const auto rows = [&]<int n>(std::integral_constant<int, n>, int64_t m) HWY_ATTR {
    dot_products<NW, n>(N, K, x + m * ldx, ldx, w, bias, m == 0, y + m * N);
  };
  int64_t m = 0;
  for (; m + NX <= M; m += NX) rows(std::integral_constant<int, NX>(), m);
  if (M - m == 3) rows(std::integral_constant<int, 3>(), m);
  if (M - m == 2) rows(std::integral_constant<int, 2>(), m);
  if (M - m == 1) rows(std::integral_constant<int, 1>(), m);
}

// Columns [begin, end) of y.
template <int NW, int NX, class T>
HWY_INLINE void column_range(int64_t begin, int64_t end, int64_t M, int64_t N, int64_t K,
                             const T* x, int64_t ldx, const T* w, const real* bias, real* y) {
  const auto bias_at = [=](int64_t j) { return bias == nullptr ? nullptr : bias + j; };
  int64_t j = begin;
  for (; j + NW <= end; j += NW) {
    weight_rows<NW, NX>(M, N, K, x, ldx, w + j * K, bias_at(j), y + j);
  }
  for (; j < end; ++j) weight_rows<1, NX>(M, N, K, x, ldx, w + j * K, bias_at(j), y + j);
}

// One row waits for memory, which likes to be read in its order: two rows of w at a time, unless
// caches hold them. More of them wait for arithmetic, which likes 3 x 4 sums, as many as 16
// registers hold.
template <class T>
HWY_INLINE void columns(int64_t begin, int64_t end, int64_t M, int64_t N, int64_t K, const T* x,
                        int64_t ldx, const T* w, const real* bias, real* y) {
  constexpr int64_t cached = (int64_t{1} << 20) / sizeof(T);
  if (M == 1 && N * K > cached) {
    return column_range<2, 1>(begin, end, M, N, K, x, ldx, w, bias, y);
  }
  if (M <= 2) return column_range<4, 2>(begin, end, M, N, K, x, ldx, w, bias, y);
  column_range<3, 4>(begin, end, M, N, K, x, ldx, w, bias, y);
}

void columns_real(int64_t begin, int64_t end, int64_t M, int64_t N, int64_t K, const real* x,
                  int64_t ldx, const real* w, const real* bias, real* y) {
  columns(begin, end, M, N, K, x, ldx, w, bias, y);
}

void columns_bf16(int64_t begin, int64_t end, int64_t M, int64_t N, int64_t K, const bf16* x,
                  int64_t ldx, const bf16* w, const real* bias, real* y) {
  columns(begin, end, M, N, K, x, ldx, w, bias, y);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "tensor/kernels/launch.h"

namespace gradus::kernels {

HWY_EXPORT(columns_real);
HWY_EXPORT(columns_bf16);

namespace {

// Calls compute(begin, end) for ranges of columns, in parallel: about as many for every thread, and
// long ones, since at the end of each some weights were asked for in vain. A column is summed by
// one thread, so the ranges change no bit.
template <class F>
void for_each_range(int64_t M, int64_t N, int64_t K, F compute) {
  constexpr int64_t most_weights = int64_t{1} << 19;  // of a range
  constexpr int64_t serial_work = int64_t{1} << 18;   // not worth waking a second thread
  constexpr int64_t whole_tiles = 12;                 // of 3 or 4 rows of w
  if (M == 0) return;
  if (M * N * K <= serial_work) return compute(0, N);
  const int64_t threads = num_threads();
  const int64_t ranges = threads * ceil_div(N * K, threads * most_weights);
  parallel_for(N, ceil_div(ceil_div(N, ranges), whole_tiles) * whole_tiles, compute);
}

}  // namespace

void linear_few_rows(int64_t M, int64_t N, int64_t K, const real* x, int64_t ldx, const real* w,
                     const real* bias, real* y) {
  for_each_range(M, N, K, [=](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(columns_real)(begin, end, M, N, K, x, ldx, w, bias, y);
  });
}

void linear_few_rows(int64_t M, int64_t N, int64_t K, const bf16* x, int64_t ldx, const bf16* w,
                     const real* bias, real* y) {
  for_each_range(M, N, K, [=](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(columns_bf16)(begin, end, M, N, K, x, ldx, w, bias, y);
  });
}

}  // namespace gradus::kernels

#endif  // HWY_ONCE
