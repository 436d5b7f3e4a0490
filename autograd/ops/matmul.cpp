// Matrix products.

#include "autograd/factor.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/kernels/gemm.h"
#include "tensor/kernels/reduce.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// The last two dimensions as a BLAS operand, read in place if rows or columns are dense.
struct Operand {
  Tensor x;  // keeps a dense copy alive where one was needed
  kernels::Matrix matrix;
};

Operand operand(const Tensor& x, bool transposed = false) {
  const int rows = x.rank() - 2, columns = x.rank() - 1;
  const int64_t M = x.shape()[rows], N = x.shape()[columns];
  const int64_t row = x.strides()[rows], column = x.strides()[columns];
  const int64_t dense_row = std::max<int64_t>(N, 1), dense_column = std::max<int64_t>(M, 1);
  if ((column == 1 || N == 1) && (row >= dense_row || M == 1)) {
    return {x, {x.data(), M == 1 ? dense_row : row, transposed}};
  }
  if ((row == 1 || M == 1) && (column >= dense_column || N == 1)) {
    return {x, {x.data(), N == 1 ? dense_column : column, !transposed}};
  }
  const Tensor copy = dense_copy(x);
  return {copy, {copy.data(), dense_row, transposed}};
}

using Offsets = std::vector<int64_t, CachingAllocator<int64_t>>;

// Where each matrix of x begins when its leading dimensions broadcast to `batch`.
Offsets batch_offsets(const Tensor& x, const Shape& batch) {
  const Shape lead = x.shape().erase(x.rank() - 1).erase(x.rank() - 2);
  const Strides lead_strides = x.strides().erase(x.rank() - 1).erase(x.rank() - 2);
  const Strides strides = broadcast_strides(lead, lead_strides, batch);
  Offsets offsets(static_cast<size_t>(batch.numel()));
  for (size_t b = 0; b < offsets.size(); ++b) {
    int64_t rest = static_cast<int64_t>(b);
    for (int d = batch.rank() - 1; d >= 0; --d) {
      offsets[b] += rest % batch[d] * strides[d];
      rest /= batch[d];
    }
  }
  return offsets;
}

Shape matrix_shape(Shape batch, int64_t M, int64_t N) {
  return batch.insert(batch.rank(), M).insert(batch.rank() + 1, N);
}

// Products of matrices (..., M, K) (..., K, N) on values alone.
Tensor batched_product(const Tensor& a, const Tensor& b, const Shape& batch) {
  const int64_t M = a.dim(-2), K = a.dim(-1), N = b.dim(-1);
  Tensor y(matrix_shape(batch, M, N));
  if (y.numel() == 0) return y;
  const Operand A = operand(a), B = operand(b);
  const Offsets at_a = batch_offsets(A.x, batch), at_b = batch_offsets(B.x, batch);
  const Offsets at_y = batch_offsets(y, batch);
  kernels::gemm_batched({batch.numel(), at_a.data(), at_b.data(), at_y.data()}, M, N, K, 1,
                        A.matrix, B.matrix, 0, y.mutable_data(), N);
  return y;
}

// At least two dimensions on each side.
//   Y = A B,  dA = dY Bᵀ,  dB = Aᵀ dY
Tensor matmul_matrices(const Tensor& a, const Tensor& b) {
  const Shape lead_a = a.shape().erase(a.rank() - 1).erase(a.rank() - 2);
  const Shape lead_b = b.shape().erase(b.rank() - 1).erase(b.rank() - 2);
  const Shape batch = broadcast("matmul", lead_a, lead_b);
  Tensor y = batched_product(a, b, batch);
  auto backward = [=](const Tensor& dy, Grad da, Grad db) {
    if (da) da += sum_to(batched_product(dy, b.detach().transpose(-1, -2), batch), a.shape());
    if (db) db += sum_to(batched_product(a.detach().transpose(-1, -2), dy, batch), b.shape());
  };
  return record("matmul", y, backward, a, b);
}

}  // namespace

// (..., M, K) x (..., K, N) -> (..., M, N). A vector on the left is a row, on the right a column,
// and the dimension it was given disappears again.
Tensor matmul(const Tensor& a, const Tensor& b) {
  check_shape(a.rank() > 0 && b.rank() > 0, "matmul: {} and {}: a scalar has no matrix product",
              a.shape(), b.shape());
  const int inner = b.rank() == 1 ? 0 : b.rank() - 2;
  check_shape(a.dim(-1) == b.dim(inner),
              "matmul: {} and {} disagree: last dimension {} of the first meets {} of the second",
              a.shape(), b.shape(), a.dim(-1), b.dim(inner));
  if (a.rank() == 1) return matmul(a.unsqueeze(0), b).squeeze(b.rank() == 1 ? 0 : -2);
  if (b.rank() == 1) return matmul(a, b.unsqueeze(1)).squeeze(-1);
  if (b.rank() == 2 && a.rank() > 2) {  // one product of all rows instead of one per batch
    const int64_t rows = rows_around(a.shape(), a.rank() - 1).outer;
    const Tensor y = matmul_matrices(a.reshape({rows, a.dim(-1)}), b);
    return y.reshape(a.shape().with(a.rank() - 1, b.dim(-1)));
  }
  return matmul_matrices(a, b);
}

// y = x Wᵀ + b,  dx = dy W,  dW = dyᵀ x,  db = Σ dy
// In bfloat16, x, W and dy are rounded where they are multiplied; y, dx and dW are sums in float32.
// x (..., K), weight (N, K), bias (N) or absent -> y (..., N)
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  check_shape(weight.rank() == 2 && input.rank() > 0 && input.dim(-1) == weight.dim(1),
              "linear: x {} and weight {} disagree: the last dimension of x must be what weight "
              "expects (weight is (out, in))",
              input.shape(), weight.shape());
  const int64_t N = weight.dim(0);
  check_shape(!bias.defined() || bias.shape() == Shape{N},
              "linear: bias {} must be ({}), the outputs of weight {}", bias.shape(), N,
              weight.shape());
  const Factor x(dense(input)), w = Factor::of_weight(dense(weight));
  Tensor y(input.shape().with(input.rank() - 1, N));
  linear_product(x, w, bias.defined() ? dense(bias) : bias, y);
  auto backward = [saved = x.for_backward(input), w, N](const Tensor& gradient, Grad dx, Grad dw,
                                                        Grad db) {
    const Factor dy(gradient, saved.precision());
    if (dx) add_product(dy, w, dx);
    if (dw) add_product(dy.transposed(), saved.recomputed(), dw);
    if (db) db += sum_to(gradient, Shape{N});
  };
  return record("linear", y, backward, input, weight, bias);
}

namespace {

OpSample product(std::vector<Shape> inputs, std::vector<Shape> zero_size) {
  return {.op = "matmul",
          .inputs = std::move(inputs),
          .fn = [](Inputs x) { return matmul(x[0], x[1]); },
          .zero_size = std::move(zero_size),
          .errors = {{{{2, 3}, {4, 5}},
                      "matmul: (2, 3) and (4, 5) disagree: last dimension 3 of the first meets 4 "
                      "of the second"},
                     {{{2, 3, 4}, {3, 4, 5}},
                      "matmul: shapes (2) and (3) do not broadcast: 2 meets 3, and neither is 1"},
                     {{{}, {2}}, "matmul: () and (2): a scalar has no matrix product"}}};
}

const SampleRegistrar matmul_samples{
    product({{3, 4}, {4, 5}}, {{3, 0}, {0, 5}}),
    product({{2, 3, 4}, {4, 5}}, {{2, 0, 4}, {4, 5}}),
    product({{2, 1, 3, 4}, {3, 4, 2}}, {{0, 1, 3, 4}, {3, 4, 2}}),
    product({{4}, {4, 3}}, {{0}, {0, 3}}),
    product({{2, 3, 4}, {4}}, {{2, 3, 0}, {0}}),
    product({{4}, {4}}, {{0}, {0}}),
    {.op = "linear",
     .inputs = {{2, 3, 4}, {5, 4}, {5}},
     .fn = [](Inputs x) { return linear(x[0], x[1], x[2]); },
     .zero_size = {{0, 4}, {5, 4}, {5}},
     .errors = {{{{2, 3}, {5, 4}, {5}},
                 "linear: x (2, 3) and weight (5, 4) disagree: the last dimension of x must be "
                 "what weight expects (weight is (out, in))"},
                {{{2, 4}, {5, 4}, {4}},
                 "linear: bias (4) must be (5), the outputs of weight (5, 4)"}}},
    {.op = "linear",
     .inputs = {{3, 4}, {5, 4}},
     .fn = [](Inputs x) { return linear(x[0], x[1]); },
     .zero_size = {{3, 4}, {0, 4}}},
};

}  // namespace
}  // namespace gradus
