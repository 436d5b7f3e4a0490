// Choosing elements by a condition or by an index.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/kernels/index.h"
#include "tensor/map.h"
#include "tensor/strided.h"

namespace gradus {

// y = a where condition ≠ 0, else b;  da = dy where chosen, db = dy elsewhere
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Shape shape =
      broadcast("where", broadcast("where", a.shape(), b.shape()), condition.shape());
  const auto strides = [&](const Tensor& x) {
    return broadcast_strides(x.shape(), x.strides(), shape);
  };
  Tensor y(shape);
  const real *c = condition.data(), *in_a = a.data(), *in_b = b.data();
  real* out = y.mutable_data();
  for_each_row<4>(shape, {strides(condition), strides(a), strides(b), y.strides()},
                  [=](int64_t n, const auto& at, const auto& step) {
                    for (int64_t i = 0; i < n; ++i) {
                      out[at[3] + i] = c[at[0] + i * step[0]] != 0 ? in_a[at[1] + i * step[1]]
                                                                   : in_b[at[2] + i * step[2]];
                    }
                  });
  const Tensor chosen = condition.detach();  // a condition has no gradient
  auto backward = [=, sa = a.shape(), sb = b.shape()](const Tensor& dy, Grad, Grad da, Grad db) {
    const Tensor zero = zeros({});
    if (da) da += sum_to(where(chosen, dy, zero), sa);
    if (db) db += sum_to(where(chosen, zero, dy), sb);
  };
  return record("where", y, backward, chosen, a, b);
}

// Composite: the filled places are a constant, which has no gradient.
Tensor masked_fill(const Tensor& x, const Tensor& mask, real value) {
  check_shape(broadcast("masked_fill", x.shape(), mask.shape()) == x.shape(),
              "masked_fill: mask {} does not broadcast to x {}", mask.shape(), x.shape());
  return where(mask, scalar(value), x);
}

namespace {

// Visits every element of a gather: (where it is read in x, where it is written in y).
template <class F>
void for_each_gathered(const Rows& from, int64_t picks, const Tokens& index, F f) {
  for (int64_t o = 0; o < from.outer; ++o) {
    for (int64_t p = 0; p < picks; ++p) {
      for (int64_t i = 0; i < from.inner; ++i) {
        const int64_t to = (o * picks + p) * from.inner + i;
        f((o * from.n + index.data()[to]) * from.inner + i, to);
      }
    }
  }
}

}  // namespace

// y[.., p, ..] = x[.., index[.., p, ..], ..] along d;  dx[.., index[.., p, ..], ..] += dy[.., p,
// ..]
Tensor gather(const Tensor& input, int dimension, const Tokens& index) {
  const int d = input.shape().axis(dimension);
  const bool fits =
      index.shape.rank() == input.rank() && index.shape.with(d, 0) == input.shape().with(d, 0);
  check_shape(fits, "gather: index {} must have the shape of x {} outside dimension {}",
              index.shape, input.shape(), d);
  check_ids("gather", index, input.shape()[d]);
  const Tensor x = dense(input);
  const Rows rows = rows_around(x.shape(), d);
  const int64_t picks = index.shape[d];
  Tensor y(index.shape);
  real* out = y.mutable_data();
  for_each_gathered(rows, picks, index,
                    [&](int64_t from, int64_t to) { out[to] = x.data()[from]; });
  auto backward = [=](const Tensor& dy, Grad dx) {
    Tensor buffer = dx.buffer();
    real* sums = buffer.mutable_data();
    for_each_gathered(rows, picks, index,
                      [&](int64_t from, int64_t to) { sums[from] += dy.data()[to]; });
  };
  return record("gather", y, backward, input);
}

// y[n] = table[ids[n]],  dtable[ids[n]] += dy[n].  table (V, C), ids (...) -> (..., C)
Tensor embedding(const Tensor& table, const Tokens& ids) {
  check_shape(table.rank() == 2, "embedding: table {} must be (V, C)", table.shape());
  const int64_t V = table.dim(0), C = table.dim(1), N = ids.numel();
  check_ids("embedding", ids, V);
  Tensor y(ids.shape.insert(ids.shape.rank(), C));
  kernels::gather_rows(N, C, dense(table).data(), ids.data(), y.mutable_data());
  auto backward = [=](const Tensor& dy, Grad dtable) {
    Tensor buffer = dtable.buffer();
    kernels::scatter_add_rows(N, C, ids.data(), dy.data(), buffer.mutable_data());
  };
  return record("embedding", y, backward, table);
}

Tensor one_hot(const Tokens& ids, int64_t classes) {
  check_ids("one_hot", ids, classes);
  Tensor y = zeros(ids.shape.insert(ids.shape.rank(), classes));
  real* out = y.mutable_data();
  for (int64_t n = 0; n < ids.numel(); ++n) out[n * classes + ids.data()[n]] = 1;
  return y;
}

namespace {

const SampleRegistrar select_samples{
    {.op = "where",
     .inputs = {{2, 3}, {3}},
     .fn =
         [](Inputs x) {
           return where(from_data({2, 1}, {1, 0}), x[0], x[1]);
         },
     .zero_size = {{2, 0}, {0}},
     .errors = {{{{2, 3}, {4}},
                 "where: shapes (2, 3) and (4) do not broadcast: 3 meets 4, and neither is 1"}}},
    {.op = "masked_fill",
     .inputs = {{2, 3}},
     .fn =
         [](Inputs x) {
           return masked_fill(x[0], from_data({3}, {1, 0, 1}), 5);
         },
     .errors = {{{{3, 1}}, "masked_fill: mask (3) does not broadcast to x (3, 1)"}}},
    {.op = "gather",
     .inputs = {{2, 3}},
     .fn =
         [](Inputs x) {
           return gather(x[0], 1, Tokens({2, 4}, {0, 2, 2, 1, 1, 0, 0, 0}));
         },
     .errors = {{{{3, 3}},
                 "gather: index (2, 4) must have the shape of x (3, 3) outside dimension 1"},
                {{{2, 2}}, "gather: id 2 at position 1 of shape (2, 4) is outside [0, 2)"}}},
    {.op = "embedding",
     .inputs = {{5, 3}},
     .fn =
         [](Inputs x) {
           return embedding(x[0], Tokens({2, 2}, {4, 0, 4, 1}));
         },
     .errors = {{{{3, 3}}, "embedding: id 4 at position 0 of shape (2, 2) is outside [0, 3)"},
                {{{5}}, "embedding: table (5) must be (V, C)"}}},
};

}  // namespace
}  // namespace gradus
