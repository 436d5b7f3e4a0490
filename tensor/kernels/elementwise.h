#pragma once
// One number in, one number out. Steps are distances in elements between neighbours: 1 is dense,
// 0 repeats one value. Outputs never overlap inputs, except that `out` may be the same as an input
// in the dense kernels. All kernels split long inputs over the threads.

#include "tensor/real.h"

namespace gradus::kernels {

using Unary = void(int64_t n, const real* x, real* y);
using Binary = void(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b,
                    real* y);
/// dx[i] = dy[i] * f'(x[i]); x is the input of f, or its output where noted.
using UnaryBackward = void(int64_t n, const real* x, const real* dy, real* dx);

void fill(int64_t n, real value, real* y);
void copy(int64_t n, const real* x, int64_t step_x, real* y, int64_t step_y);
/// y = alpha * x + beta
void affine(int64_t n, real alpha, const real* x, real beta, real* y);
/// y += alpha * x
void add_scaled(int64_t n, real alpha, const real* x, int64_t step_x, real* y, int64_t step_y);
/// y = pow(x, exponent)
void pow_scalar(int64_t n, const real* x, real exponent, real* y);

Unary exp, log, sqrt, rsqrt, abs, sign, tanh, sigmoid, relu, gelu, gelu_tanh, silu;
UnaryBackward relu_backward, gelu_backward, gelu_tanh_backward, silu_backward;  // of the input
UnaryBackward tanh_backward, sigmoid_backward;                                  // of the output

Binary add, sub, mul, div, pow, max, min;
/// 1 where the comparison holds, 0 elsewhere.
Binary equal, less, less_equal;

/// The plain loops that define the kernels above.
namespace reference {
Unary exp, log, sqrt, rsqrt, abs, sign, tanh, sigmoid, relu, gelu, gelu_tanh, silu;
UnaryBackward relu_backward, gelu_backward, gelu_tanh_backward, silu_backward;
UnaryBackward tanh_backward, sigmoid_backward;
Binary add, sub, mul, div, pow, max, min, equal, less, less_equal;
void affine(int64_t n, real alpha, const real* x, real beta, real* y);
void add_scaled(int64_t n, real alpha, const real* x, int64_t step_x, real* y, int64_t step_y);
void pow_scalar(int64_t n, const real* x, real exponent, real* y);
}  // namespace reference

}  // namespace gradus::kernels
