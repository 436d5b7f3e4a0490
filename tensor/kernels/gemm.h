#pragma once
// Matrix products. Large ones are cut into a grid of tiles whose shape depends on M, N and K
// alone, each tile one call of oneDNN (with AVX-512) or BLAS on one thread: the same bits for any
// number of threads.

#include "tensor/real.h"

namespace gradus::kernels {

/// A matrix operand: element (i, j) lies at data[i * ld + j], or at data[j * ld + i] if transposed.
template <class T>
struct MatrixOf {
  const T* data;
  int64_t ld;
  bool transposed = false;
};
using Matrix = MatrixOf<real>;

/// C (M, N; rows ldc apart) = alpha * A (M, K) B (K, N) + beta * C. beta = 0 ignores what C holds.
void gemm(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
          int64_t ldc);

/// The same on the calling thread: a tile of the grid, or a product inside another kernel.
void gemm_tile(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
               int64_t ldc);

/// `batch` products of one shape; operand k of product b starts at data + offset[b].
/// Products must not overlap in C.
struct Batch {
  int64_t count;
  const int64_t *a_offset, *b_offset, *c_offset;
};
void gemm_batched(const Batch& batch, int64_t M, int64_t N, int64_t K, real alpha, Matrix A,
                  Matrix B, real beta, real* C, int64_t ldc);

/// y (M, N) = x (M, K) w^T + bias; w is (N, K), bias (N) or null; all dense but for x's rows.
void linear(int64_t M, int64_t N, int64_t K, Matrix x, const real* w, const real* bias, real* y);

/// One call of BLAS on BLAS's own threads, for comparison: its bits depend on their number.
void gemm_blas_threads(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta,
                       real* C, int64_t ldc);

namespace reference {
void gemm(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
          int64_t ldc);
}  // namespace reference

}  // namespace gradus::kernels
