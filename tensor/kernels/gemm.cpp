#include "tensor/kernels/gemm.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>

#include "tensor/errors.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/mode.h"
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

// Multiply-adds below which waking a second thread costs more than it saves.
constexpr int64_t serial_work = int64_t{1} << 18;

CBLAS_TRANSPOSE blas_transpose(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

Matrix at(Matrix m, int64_t i, int64_t j) {
  return {m.data + (m.transposed ? j * m.ld + i : i * m.ld + j), m.ld, m.transposed};
}

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

// C = beta * C, where the product has no terms.
void scale_rows(int64_t M, int64_t N, real beta, real* C, int64_t ldc) {
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j) C[i * ldc + j] = beta == 0 ? 0 : beta * C[i * ldc + j];
  }
}

void check_leading(int64_t ld) {
  check_value(ld <= blas_limit,
              "gemm: rows that lie {} elements apart exceed the 32-bit limit of BLAS ({})", ld,
              blas_limit);
}

// The shape of a tile: a function of M, N and K alone.
struct Grid {
  int64_t M, N, tile_m, tile_n;

  int64_t columns() const { return ceil_div(N, tile_n); }
  int64_t tiles() const { return M == 0 || N == 0 ? 0 : ceil_div(M, tile_m) * columns(); }
};

// Cuts `size` into equal pieces of about `piece`, multiples of 16 as BLAS likes them.
int64_t even_piece(int64_t size, int64_t piece) {
  const int64_t pieces = std::max<int64_t>(1, ceil_div(size, piece));
  return ceil_div(ceil_div(size, pieces), 16) * 16;
}

// Tiles of 384 x 384 run nearly as fast as whole matrices. Products of few such tiles are cut until
// the threads have equal work, but not below 64, where BLAS copies more than it multiplies.
Grid make_grid(int64_t M, int64_t N, int64_t K) {
  constexpr int64_t largest = 384, smallest = 64, enough_tiles = 8;
  if (M == 0 || N == 0 || M * N < serial_work / std::max<int64_t>(1, K)) return {M, N, M, N};
  Grid grid{M, N, even_piece(M, largest), even_piece(N, largest)};
  if (M < smallest) {  // memory-bound: every tile reads its own part of B, once
    grid.tile_n = even_piece(N, std::max(smallest, serial_work / 2 / std::max<int64_t>(1, K)));
    return grid;
  }
  while (grid.tiles() < enough_tiles) {
    int64_t& longer = grid.tile_m >= grid.tile_n ? grid.tile_m : grid.tile_n;
    if (longer <= smallest) break;
    longer = even_piece(longer, (longer + 1) / 2);
  }
  return grid;
}

// Calls f(row, column, rows, columns) for every tile, in parallel.
template <class F>
void for_each_tile(const Grid& grid, F f) {
  if (grid.M == 0 || grid.N == 0) return;
  parallel_for(grid.tiles(), 1, [&](int64_t tile, int64_t) {
    const int64_t i = tile / grid.columns() * grid.tile_m;
    const int64_t j = tile % grid.columns() * grid.tile_n;
    f(i, j, std::min(grid.tile_m, grid.M - i), std::min(grid.tile_n, grid.N - j));
  });
}

}  // namespace

void gemm_tile(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
               int64_t ldc) {
  if (use_reference()) return reference::gemm(M, N, K, alpha, A, B, beta, C, ldc);
  if (M == 0 || N == 0) return;
  if (K == 0 || alpha == 0) return scale_rows(M, N, beta, C, ldc);
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
  for_each_tile(make_grid(M, N, K), [&](int64_t i, int64_t j, int64_t rows, int64_t columns) {
    gemm_tile(rows, columns, K, alpha, at(A, i, 0), at(B, 0, j), beta, C + i * ldc + j, ldc);
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
  for (const int64_t ld : {x.ld, K, N}) check_leading(ld);
  const Matrix w_transposed{w, K, true};
  for_each_tile(make_grid(M, N, K), [&](int64_t i, int64_t j, int64_t rows, int64_t columns) {
    real* tile = y + i * N + j;
    if (bias != nullptr) {  // the tile starts as the bias and the product is added
      for (int64_t r = 0; r < rows; ++r) std::copy_n(bias + j, columns, tile + r * N);
    }
    gemm_tile(rows, columns, K, 1, at(x, i, 0), at(w_transposed, 0, j), bias != nullptr ? 1 : 0,
              tile, N);
  });
}

void gemm_blas_threads(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta,
                       real* C, int64_t ldc) {
  call_blas(M, N, K, alpha, A, B, beta, C, ldc);
}

}  // namespace gradus::kernels
