#pragma once
// Arithmetic on values alone, without a graph: what the ops' forward and backward are made of.

#include "tensor/kernels/elementwise.h"
#include "tensor/tensor.h"

namespace gradus {

/// x itself if it is dense, otherwise a dense copy.
Tensor dense(const Tensor& x);
Tensor dense_copy(const Tensor& x);
/// y = x, where x broadcasts to y.
void assign_into(Tensor& y, const Tensor& x);
/// y += alpha * x, where x broadcasts to y.
void add_into(Tensor& y, const Tensor& x, real alpha = 1);
/// f of every element.
Tensor map(const Tensor& x, kernels::Unary f);
/// f of every pair of elements of two tensors that broadcast. Throws ShapeError naming `op`.
Tensor map(const char* op, const Tensor& a, const Tensor& b, kernels::Binary f);
/// Sums x over the dimensions in which it was broadcast from `shape`: the gradient of broadcasting.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// x seen as (outer, n, inner) around dimension d.
struct Rows {
  int64_t outer, n, inner;
};
Rows rows_around(const Shape& shape, int d);

}  // namespace gradus
