#include "tensor/kernels/gemm_bf16.h"

#include <atomic>

#include "tensor/allocator.h"
#include "tensor/errors.h"
#include "tensor/kernels/few_rows.h"
#include "tensor/kernels/mode.h"
#include "tensor/kernels/onednn.h"
#include "tensor/kernels/tile_grid.h"

namespace gradus::kernels {
namespace {

// A dense copy in float32 of a matrix that is (rows, columns) where it lies.
class Widened {
 public:
  Widened(MatrixBF16 m, int64_t M, int64_t N)
      : rows_(m.transposed ? N : M),
        columns_(m.transposed ? M : N),
        transposed_(m.transposed),
        numbers_(rows_ * columns_) {
    const bool dense = m.ld == columns_;
    const int64_t pieces = dense ? 1 : rows_, length = dense ? rows_ * columns_ : columns_;
    for (int64_t i = 0; i < pieces; ++i) widen_bf16(length, m.data + i * m.ld, data() + i * length);
  }
  real* data() const { return numbers_.data(); }
  Matrix matrix() const { return {data(), columns_, transposed_}; }

 private:
  int64_t rows_, columns_;
  bool transposed_;
  OwnedBlock<real> numbers_;
};

// C = A B, to which is added beta * C or, if there is one, bias (N) in every row.
void multiply_by_onednn(int64_t M, int64_t N, int64_t K, MatrixBF16 A, MatrixBF16 B, real beta,
                        const real* bias, real* C, int64_t ldc) {
  std::atomic<bool> failed = false;  // parallel regions do not throw
  for_each_tile({M, N, K, C, ldc}, A, B, [&](const Tile<bf16>& t) {
    if (bias != nullptr) start_as_bias(t, ldc, bias);
    const real kept = bias != nullptr ? 1 : beta;
    if (K == 0) return scale_rows(t.rows, t.columns, kept, t.C, ldc);
    if (!onednn::gemm_tile(t.rows, t.columns, K, t.A, t.B, kept, t.C, ldc)) failed = true;
  });
  check<Error>(!failed, "gemm: oneDNN failed to multiply ({}, {}) by ({}, {})", M, K, K, N);
}

}  // namespace

void gemm_bf16(Precision precision, int64_t M, int64_t N, int64_t K, MatrixBF16 A, MatrixBF16 B,
               real beta, real* C, int64_t ldc) {
  if (use_reference()) return reference::gemm_bf16(M, N, K, A, B, beta, C, ldc);
  if (precision == Precision::bf16) return multiply_by_onednn(M, N, K, A, B, beta, nullptr, C, ldc);
  const Widened a(A, M, K), b(B, K, N);
  gemm(M, N, K, 1, a.matrix(), b.matrix(), beta, C, ldc);
}

void linear_bf16(Precision precision, int64_t M, int64_t N, int64_t K, const bf16* x, const bf16* w,
                 const real* bias, real* y) {
  if (M <= few_rows && !use_reference()) return linear_few_rows(M, N, K, x, K, w, bias, y);
  const MatrixBF16 A{x, K}, B{w, K, true};
  if (precision == Precision::bf16 && !use_reference())
    return multiply_by_onednn(M, N, K, A, B, 0, bias, y, N);
  for (int64_t i = 0; bias != nullptr && i < M; ++i) std::copy_n(bias, N, y + i * N);
  gemm_bf16(precision, M, N, K, A, B, bias != nullptr ? 1 : 0, y, N);
}

}  // namespace gradus::kernels
