#pragma once
// Matrix products of a few rows with a large matrix, as in generation, where a token of each text
// meets every weight once. The weights come from memory, and nothing else takes time.

#include "tensor/kernels/bf16.h"

namespace gradus::kernels {

/// Up to so many rows, reading the weights costs more than multiplying.
inline constexpr int64_t few_rows = 16;

/// y (M, N) = x (M, K; rows ldx apart) w^T + bias; w is (N, K), bias (N) or null. Each number of y
/// is one sum in an order that depends on K alone: a row has the same bits among any other rows.
void linear_few_rows(int64_t M, int64_t N, int64_t K, const real* x, int64_t ldx, const real* w,
                     const real* bias, real* y);
/// The same of bfloat16 numbers, of which there is half as much to read: exact products, added up
/// in `real`, on any CPU.
void linear_few_rows(int64_t M, int64_t N, int64_t K, const bf16* x, int64_t ldx, const bf16* w,
                     const real* bias, real* y);

}  // namespace gradus::kernels
