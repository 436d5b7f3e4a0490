// Reductions: many numbers in, one out.

#include "tensor/kernels/reduce.h"

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// Which dimensions are reduced: those named, or all.
std::array<bool, Shape::max_rank> reduced(const Shape& shape, Dims dims) {
  std::array<bool, Shape::max_rank> result{};
  if (dims.size() == 0) result.fill(true);
  for (const int d : dims) {
    bool& named = result[static_cast<size_t>(shape.axis(d))];
    check_shape(!named, "reduction: dimension {} of {} is named twice", shape.axis(d), shape);
    named = true;
  }
  return result;
}

// `shape` with the reduced dimensions of size 1.
Shape kept(const Shape& shape, Dims dims) {
  const auto gone = reduced(shape, dims);
  Shape result = shape;
  for (int i = 0; i < shape.rank(); ++i) {
    if (gone[static_cast<size_t>(i)]) result[i] = 1;
  }
  return result;
}

// `shape` without the reduced dimensions.
Shape dropped(const Shape& shape, Dims dims) {
  const auto gone = reduced(shape, dims);
  Shape result = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (gone[static_cast<size_t>(i)]) result = result.erase(i);
  }
  return result;
}

// How many numbers go into one.
int64_t count(const Shape& shape, Dims dims) {
  const auto gone = reduced(shape, dims);
  int64_t n = 1;
  for (int i = 0; i < shape.rank(); ++i) n *= gone[static_cast<size_t>(i)] ? shape[i] : 1;
  return n;
}

}  // namespace

// y = Σ x,  dx = dy, repeated
Tensor sum(const Tensor& x, Dims dims, Reduce options) {
  const Shape column = kept(x.shape(), dims);
  Tensor y = sum_to(x, column);
  if (y.storage() == x.storage()) y = dense_copy(y);  // every reduced size was 1
  if (!options.keepdim)
    y = y.as_strided(dropped(x.shape(), dims), row_major(dropped(x.shape(), dims)), 0);
  auto backward = [column](const Tensor& dy, Grad dx) {
    Tensor buffer = dx.buffer();
    add_into(buffer, dy.as_strided(column, row_major(column), dy.offset()));
  };
  return record("sum", y, backward, x);
}

// y = Σ x / n
Tensor mean(const Tensor& x, Dims dims, Reduce options) {
  return sum(x, dims, options) / static_cast<real>(count(x.shape(), dims));
}

// y = Σ (x - mean)² / (n - correction)
Tensor var(const Tensor& x, Dims dims, Variance options) {
  const Tensor centred = x - mean(x, dims, {.keepdim = true});
  const int64_t n = std::max<int64_t>(0, count(x.shape(), dims) - options.correction);
  return sum(centred * centred, dims, {.keepdim = options.keepdim}) / static_cast<real>(n);
}

namespace {

using Extreme = void(int64_t, int64_t, int64_t, const real*, real*, int32_t*);

struct Chosen {
  Tensor values;  // the reduced dimension has size 1
  Tokens index;
};

Chosen choose(const char* op, const Tensor& x, int d, Extreme f) {
  const Rows rows = rows_around(x.shape(), d);
  check_shape(rows.n > 0, "{}: dimension {} of {} is empty", op, d, x.shape());
  Chosen chosen{Tensor(x.shape().with(d, 1)), Tokens(x.shape().with(d, 1))};
  f(rows.outer, rows.n, rows.inner, dense(x).data(), chosen.values.mutable_data(),
    chosen.index.data());
  return chosen;
}

// y = x[i*] along d,  dx[i*] = dy
Tensor extreme(const char* op, const Tensor& x, int dim, Extreme f, Reduce options) {
  const int d = x.shape().axis(dim);
  const Chosen chosen = choose(op, x, d, f);
  const Shape shape = options.keepdim ? chosen.values.shape() : x.shape().erase(d);
  Tensor y = chosen.values.as_strided(shape, row_major(shape), 0);
  auto backward = [rows = rows_around(x.shape(), d), index = chosen.index](const Tensor& dy,
                                                                           Grad dx) {
    Tensor buffer = dx.buffer();
    real* out = buffer.mutable_data();
    for (int64_t o = 0; o < rows.outer; ++o) {
      for (int64_t i = 0; i < rows.inner; ++i) {
        const int64_t at = o * rows.inner + i;
        out[(o * rows.n + index.data()[at]) * rows.inner + i] += dy.data()[at];
      }
    }
  };
  return record(op, y, backward, x);
}

}  // namespace

Tensor max(const Tensor& x, int d, Reduce options) {
  return extreme("max", x, d, kernels::max_along, options);
}

Tensor min(const Tensor& x, int d, Reduce options) {
  return extreme("min", x, d, kernels::min_along, options);
}

Tokens argmax(const Tensor& x, int dim) {
  const int d = x.shape().axis(dim);
  Tokens index = choose("argmax", x, d, kernels::max_along).index;
  index.shape = x.shape().erase(d);
  return index;
}

// y[i] = x[0] + ... + x[i],  dx[i] = dy[i] + ... + dy[n-1]
Tensor cumsum(const Tensor& x, int dim) {
  const Rows rows = rows_around(x.shape(), x.shape().axis(dim));
  Tensor y(x.shape());
  kernels::cumsum(rows.outer, rows.n, rows.inner, false, dense(x).data(), y.mutable_data());
  auto backward = [rows](const Tensor& dy, Grad dx) {
    Tensor reversed(dy.shape());
    kernels::cumsum(rows.outer, rows.n, rows.inner, true, dy.data(), reversed.mutable_data());
    dx += reversed;
  };
  return record("cumsum", y, backward, x);
}

namespace {

const std::vector<ErrorSample> no_such_dim = {
    {{{2, 3}}, "dimension 2 does not exist in shape (2, 3)"}};

const SampleRegistrar reduce_samples{
    {.op = "sum",
     .inputs = {{2, 3, 4}},
     .fn =
         [](Inputs x) {
           return sum(x[0], {0, -1});
         },
     .zero_size = {{0, 3, 4}}},
    {.op = "sum",
     .inputs = {{2, 3}},
     .fn = [](Inputs x) { return sum(x[0]); },
     .zero_size = {{2, 0}}},
    {.op = "sum",
     .inputs = {{2, 3}},
     .fn = [](Inputs x) { return sum(x[0], {1}, {.keepdim = true}); },
     .zero_size = {{2, 0}}},
    {.op = "sum",
     .inputs = {{2, 3, 2}},
     .fn = [](Inputs x) { return sum(x[0], {2}); },
     .errors = no_such_dim},
    {.op = "mean", .inputs = {{2, 3}}, .fn = [](Inputs x) { return mean(x[0], {0}); }},
    {.op = "var", .inputs = {{2, 3}}, .fn = [](Inputs x) { return var(x[0], {-1}); }},
    {.op = "var",
     .inputs = {{2, 3}},
     .fn = [](Inputs x) { return var(x[0], {}, {.correction = 0, .keepdim = true}); }},
    {.op = "max",
     .inputs = {{2, 3, 4}},
     .fn = [](Inputs x) { return max(x[0], 1); },
     .zero_size = {{0, 3, 4}},
     .errors = {{{{2, 0, 4}}, "max: dimension 1 of (2, 0, 4) is empty"}}},
    {.op = "min",
     .inputs = {{2, 3, 4}},
     .fn = [](Inputs x) { return min(x[0], -1, {.keepdim = true}); },
     .zero_size = {{0, 3, 4}},
     .errors = {{{{2, 3, 0}}, "min: dimension 2 of (2, 3, 0) is empty"}}},
    {.op = "cumsum",
     .inputs = {{2, 3, 4}},
     .fn = [](Inputs x) { return cumsum(x[0], 1); },
     .zero_size = {{2, 0, 4}}},
};

}  // namespace
}  // namespace gradus
