#pragma once
// oneDNN, which multiplies bfloat16 numbers by the CPU's own instructions (AVX-512 BF16, AMX). It
// is optional: a build without it has these functions, and they say so. What it reports as an
// error ends here.

#include <string>

#include "tensor/kernels/bf16.h"
#include "tensor/kernels/gemm.h"

namespace gradus::kernels::onednn {

/// "oneDNN 2.6.3"; empty in a build without it.
std::string version();
/// Why there are no fast products of bfloat16 numbers here, in a clause; empty if there are.
std::string why_no_bf16();

/// C (M, N) = A (M, K) B (K, N), on the grid of kernels::gemm, each tile a product on one thread.
/// To it is added beta * C or, if there is one, bias (N) in every row. T is bf16; or real, which
/// runs on every CPU, and by which tests check all but the multiplication itself. Throws Error if
/// oneDNN does.
template <class T>
void gemm(int64_t M, int64_t N, int64_t K, MatrixOf<T> A, MatrixOf<T> B, real beta,
          const real* bias, real* C, int64_t ldc);

}  // namespace gradus::kernels::onednn
