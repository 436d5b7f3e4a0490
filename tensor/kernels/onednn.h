#pragma once
// oneDNN, which multiplies float32 numbers by AVX-512 faster than OpenBLAS does, and bfloat16
// numbers by the CPU's own instructions (AVX-512 BF16, AMX). It is optional: a build without it has
// these functions, and they say so. What it reports as an error ends here.

#include <string>

#include "tensor/kernels/bf16.h"
#include "tensor/kernels/gemm.h"

namespace gradus::kernels::onednn {

/// "oneDNN 2.6.3"; empty in a build without it.
std::string version();
/// Whether its products of float32 numbers are the fastest here.
bool is_fastest();
/// Why there are no fast products of bfloat16 numbers here, in a clause; empty if there are.
std::string why_no_bf16();

/// C (M, N; rows ldc apart) = A (M, K) B (K, N) + beta * C on the calling thread; none of M, N and
/// K is 0. T is real or bf16. False, and nothing is done, if oneDNN cannot. It calls malloc, for
/// packed operands among others.
template <class T>
bool gemm_tile(int64_t M, int64_t N, int64_t K, MatrixOf<T> A, MatrixOf<T> B, real beta, real* C,
               int64_t ldc) noexcept;

}  // namespace gradus::kernels::onednn
