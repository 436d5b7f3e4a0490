#include "tensor/map.h"

#include "tensor/errors.h"
#include "tensor/kernels/reduce.h"
#include "tensor/strided.h"

namespace gradus {

Tensor dense(const Tensor& x) { return x.is_contiguous() ? x : dense_copy(x); }

Tensor dense_copy(const Tensor& x) {
  Tensor y(x.shape());
  assign_into(y, x);
  return y;
}

void assign_into(Tensor& y, const Tensor& x) {
  const Strides from = broadcast_strides(x.shape(), x.strides(), y.shape());
  const real* in = x.data();
  real* out = y.mutable_data();
  for_each_row<2>(y.shape(), {from, y.strides()}, [=](int64_t n, const auto& at, const auto& step) {
    kernels::copy(n, in + at[0], step[0], out + at[1], step[1]);
  });
}

void add_into(Tensor& y, const Tensor& x, real alpha) {
  const Strides from = broadcast_strides(x.shape(), x.strides(), y.shape());
  const real* in = x.data();
  real* out = y.mutable_data();
  for_each_row<2>(y.shape(), {from, y.strides()}, [=](int64_t n, const auto& at, const auto& step) {
    kernels::add_scaled(n, alpha, in + at[0], step[0], out + at[1], step[1]);
  });
}

Tensor map(const Tensor& x, kernels::Unary f) {
  const Tensor in = dense(x);
  Tensor y(x.shape());
  f(x.numel(), in.data(), y.mutable_data());
  return y;
}

Tensor map(const char* op, const Tensor& a, const Tensor& b, kernels::Binary f) {
  Tensor y(broadcast(op, a.shape(), b.shape()));
  const Strides from_a = broadcast_strides(a.shape(), a.strides(), y.shape());
  const Strides from_b = broadcast_strides(b.shape(), b.strides(), y.shape());
  const real *in_a = a.data(), *in_b = b.data();
  real* out = y.mutable_data();
  for_each_row<3>(y.shape(), {from_a, from_b, y.strides()},
                  [=](int64_t n, const auto& at, const auto& step) {
                    f(n, in_a + at[0], step[0], in_b + at[1], step[1], out + at[2]);
                  });
  return y;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor result = dense(x);
  for (int d = x.rank() - 1; d >= 0; --d) {
    const int target = d - (x.rank() - shape.rank());
    if (target >= 0 && shape[target] == x.shape()[d]) continue;
    const Rows rows = rows_around(result.shape(), d);
    Tensor y(result.shape().with(d, 1));
    kernels::sum(rows.outer, rows.n, rows.inner, result.data(), y.mutable_data());
    result = y;
  }
  return result.as_strided(shape, row_major(shape), 0);
}

Rows rows_around(const Shape& shape, int d) {
  Rows rows{1, shape[d], 1};
  for (int i = 0; i < d; ++i) rows.outer *= shape[i];
  for (int i = d + 1; i < shape.rank(); ++i) rows.inner *= shape[i];
  return rows;
}

}  // namespace gradus
