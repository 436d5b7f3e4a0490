// The matrix product as every textbook writes it.

#include "tensor/kernels/gemm.h"

namespace gradus::kernels::reference {
namespace {

real at(Matrix m, int64_t i, int64_t j) {
  return m.data[m.transposed ? j * m.ld + i : i * m.ld + j];
}

}  // namespace

// C[i, j] = alpha * sum over k of A[i, k] B[k, j] + beta * C[i, j]
void gemm(int64_t M, int64_t N, int64_t K, real alpha, Matrix A, Matrix B, real beta, real* C,
          int64_t ldc) {
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j) {
      real sum = 0;
      for (int64_t k = 0; k < K; ++k) sum += at(A, i, k) * at(B, k, j);
      real& c = C[i * ldc + j];
      c = alpha * sum + (beta == 0 ? 0 : beta * c);  // beta = 0 ignores a NaN in C
    }
  }
}

}  // namespace gradus::kernels::reference
