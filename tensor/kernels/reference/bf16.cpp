// Products of bfloat16 numbers, and the way there and back, one number at a time.

#include "tensor/kernels/bf16.h"

#include "tensor/kernels/gemm_bf16.h"

namespace gradus::kernels::reference {
namespace {

float at(MatrixBF16 m, int64_t i, int64_t j) {
  return to_float(m.data[m.transposed ? j * m.ld + i : i * m.ld + j]);
}

}  // namespace

void round_to_bf16(int64_t n, const real* x, bf16* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = to_bf16(static_cast<float>(x[i]));
}

void widen_bf16(int64_t n, const bf16* x, real* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = to_float(x[i]);
}

// C[i, j] = sum over k of A[i, k] B[k, j] + beta * C[i, j]. A product of two bfloat16 numbers has
// 16 significant bits and is exact in float32; the sum rounds as any sum of float32 numbers.
void gemm_bf16(int64_t M, int64_t N, int64_t K, MatrixBF16 A, MatrixBF16 B, real beta, real* C,
               int64_t ldc) {
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j) {
      float sum = 0;
      for (int64_t k = 0; k < K; ++k) sum += at(A, i, k) * at(B, k, j);
      real& c = C[i * ldc + j];
      c = sum + (beta == 0 ? 0 : beta * c);  // beta = 0 ignores a NaN in C
    }
  }
}

}  // namespace gradus::kernels::reference
