#pragma once
// Products of bfloat16 matrices, added up in float32: the same tiles as float32's (gemm.h), the
// same bits for any number of threads.

#include "tensor/kernels/bf16.h"
#include "tensor/kernels/gemm.h"
#include "tensor/precision.h"

namespace gradus::kernels {

using MatrixBF16 = MatrixOf<bf16>;

/// C (M, N; rows ldc apart) = A (M, K) B (K, N) + beta * C. beta = 0 ignores what C holds.
/// `precision` says what multiplies: bf16 the CPU's own instructions, which why_no_bf16() must not
/// rule out; bf16_emulated float32's, to which both operands are widened first.
void gemm_bf16(Precision precision, int64_t M, int64_t N, int64_t K, MatrixBF16 A, MatrixBF16 B,
               real beta, real* C, int64_t ldc);

/// y (M, N) = x (M, K) w^T + bias; w is (N, K), bias (N) or null; all dense. Up to few_rows rows
/// are multiplied by linear_few_rows, whatever the precision.
void linear_bf16(Precision precision, int64_t M, int64_t N, int64_t K, const bf16* x, const bf16* w,
                 const real* bias, real* y);

namespace reference {
void gemm_bf16(int64_t M, int64_t N, int64_t K, MatrixBF16 A, MatrixBF16 B, real beta, real* C,
               int64_t ldc);
}  // namespace reference

}  // namespace gradus::kernels
