#include "tensor/kernels/gemm.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>

#include "tensor/errors.h"
#include "tensor/kernels/few_rows.h"
#include "tensor/kernels/mode.h"
#include "tensor/kernels/onednn.h"
#include "tensor/kernels/tile_grid.h"
#include "tensor/parallel.h"

namespace gradus::kernels {
namespace {

#ifdef GRADUS_DOUBLE
constexpr auto blas_gemm = cblas_dgemm;
constexpr auto blas_gemv = cblas_dgemv;
#else
constexpr auto blas_gemm = cblas_sgemm;
constexpr auto blas_gemv = cblas_sgemv;
#endif

constexpr int64_t blas_limit = std::numeric_limits<int>::max();  // BLAS counts in 32 bits
constexpr int64_t longest_piece = int64_t{1} << 30;

CBLAS_TRANSPOSE blas_transpose(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

// The leading dimension as BLAS wants it: at least the width, whatever a lone row says.
int leading(int64_t ld, int64_t rows, int64_t width) {
  return static_cast<int>(rows <= 1 ? std::max<int64_t>(1, width) : ld);
}

int leading(Matrix m, int64_t rows, int64_t cols) {
  return m.transposed ? leading(m.ld, cols, rows) : leading(m.ld, rows, cols);
}

// y (n) = alpha * A (n, K) x + beta * y, a product with a single row or column.
void matrix_vector(int64_t n, int64_t K, real alpha, Matrix A, const real* x, int64_t incx,
                   real beta, real* y, int64_t incy) {
  if (beta == 0) {  // BLAS may compute 0 * NaN
    for (int64_t i = 0; i < n; ++i) y[i * incy] = 0;
  }
  const int64_t rows = A.transposed ? K : n;
  const int64_t cols = A.transposed ? n : K;
  blas_gemv(CblasRowMajor, blas_transpose(A.transposed), static_cast<int>(rows),
            static_cast<int>(cols), alpha, A.data, leading(A, n, K), x, static_cast<int>(incx),
            beta == 0 ? 1 : beta, y, static_cast<int>(incy));
}

// One call of BLAS; every size fits 32 bits.
void call_blas(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
               int64_t ldc) {
  if (M == 1) {  // C^T = B^T A^T
    const Matrix transposed_B{B.data, B.ld, !B.transposed};
    matrix_vector(N, K, alpha, transposed_B, A.data, A.transposed ? A.ld : 1, beta, C, 1);
  } else if (N == 1) {
    matrix_vector(M, K, alpha, A, B.data, B.transposed ? 1 : B.ld, beta, C, ldc);
  } else {
    blas_gemm(CblasRowMajor, blas_transpose(A.transposed), blas_transpose(B.transposed),
              static_cast<int>(M), static_cast<int>(N), static_cast<int>(K), alpha, A.data,
              leading(A, M, K), B.data, leading(B, K, N), beta, C, static_cast<int>(ldc));
  }
}

// Calls f in a place where BLAS uses one thread: inside an active parallel region, or while the
// calling thread's count is 1. (A region of one thread would do as well, but it calls malloc.)
template <class F>
void with_serial_blas(F f) {
  if (in_parallel()) return f();
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  f();
  omp_set_num_threads(threads);
}

// Below this a product is over before oneDNN has looked up its plan.
bool suits_onednn(int64_t M, int64_t N, int64_t K, real alpha) {
  constexpr int64_t worth_planning = int64_t{1} << 20;
  return alpha == 1 && M >= 16 && N >= 16 && M * N * K >= worth_planning;
}

void check_leading(int64_t ld) {
  check_value(ld <= blas_limit,
              "gemm: rows that lie {} elements apart exceed the 32-bit limit of BLAS ({})", ld,
              blas_limit);
}

}  // namespace

void gemm_tile(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
               int64_t ldc) {
  if (use_reference()) return reference::gemm(M, N, K, alpha, A, B, beta, C, ldc);
  if (M == 0 || N == 0) return;
  if (K == 0 || alpha == 0) return scale_rows(M, N, beta, C, ldc);
  if (use_onednn() && suits_onednn(M, N, K, alpha) &&
      onednn::gemm_tile(M, N, K, A, B, beta, C, ldc)) {
    return;
  }
  with_serial_blas([&] {
    for (int64_t k = 0; k < K; k += longest_piece) {
      const int64_t piece = std::min(longest_piece, K - k);
      call_blas(M, N, piece, alpha, at(A, 0, k), at(B, k, 0), k == 0 ? beta : 1, C, ldc);
    }
  });
}

void gemm(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
          int64_t ldc) {
  if (use_reference()) return reference::gemm(M, N, K, alpha, A, B, beta, C, ldc);
  for (const int64_t ld : {A.ld, B.ld, ldc}) check_leading(ld);
  for_each_tile({M, N, K, C, ldc}, A, B, [&](const Tile<real>& t) {
    gemm_tile(t.rows, t.columns, K, alpha, t.A, t.B, beta, t.C, ldc);
  });
}

void gemm_batched(const Batch& batch, int64_t M, int64_t N, int64_t K, real alpha, Matrix A,
                  Matrix B, real beta, real* C, int64_t ldc) {
  for (const int64_t ld : {A.ld, B.ld, ldc}) check_leading(ld);
  const auto product = [&](int64_t b, auto multiply) {
    multiply(M, N, K, alpha, Matrix{A.data + batch.a_offset[b], A.ld, A.transposed},
             Matrix{B.data + batch.b_offset[b], B.ld, B.transposed}, beta, C + batch.c_offset[b],
             ldc);
  };
  const bool few_and_large = batch.count < 8 && make_grid(M, N, K).tiles() > 1;
  if (few_and_large) {
    for (int64_t b = 0; b < batch.count; ++b) product(b, gemm);
    return;
  }
  const int64_t work = std::max<int64_t>(1, M * N * K);
  parallel_for(batch.count, std::max<int64_t>(1, serial_work / work),
               [&](int64_t begin, int64_t end) {
                 for (int64_t b = begin; b < end; ++b) product(b, gemm_tile);
               });
}

void linear(int64_t M, int64_t N, int64_t K, Matrix x, const real* w, const real* bias, real* y) {
  if (M <= few_rows && !x.transposed && !use_reference()) {
    return linear_few_rows(M, N, K, x.data, x.ld, w, bias, y);
  }
  for (const int64_t ld : {x.ld, K, N}) check_leading(ld);
  const Matrix w_transposed{w, K, true};
  for_each_tile({M, N, K, y, N}, x, w_transposed, [&](const Tile<real>& t) {
    if (bias != nullptr) start_as_bias(t, N, bias);
    gemm_tile(t.rows, t.columns, K, 1, t.A, t.B, bias != nullptr ? 1 : 0, t.C, N);
  });
}

void gemm_blas_threads(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta,
                       real* C, int64_t ldc) {
  call_blas(M, N, K, alpha, A, B, beta, C, ldc);
}

}  // namespace gradus::kernels
