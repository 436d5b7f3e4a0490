// Several tensors in, one out.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {

// y = the tensors one behind the other along d; each dx is its piece of dy.
Tensor concat(std::span<const Tensor> tensors, int dimension) {
  check_value(!tensors.empty(), "concat: no tensors");
  const Shape& first = tensors[0].shape();
  const int d = first.axis(dimension);
  Shape shape = first.with(d, 0);
  for (const Tensor& x : tensors) {
    check_shape(x.rank() == first.rank() && x.shape().with(d, 0) == first.with(d, 0),
                "concat: shapes {} and {} differ outside dimension {}", first, x.shape(), d);
    shape[d] += x.shape()[d];
  }
  Tensor y(shape);
  int64_t start = 0;
  for (const Tensor& x : tensors) {
    Tensor piece = y.narrow(d, start, x.shape()[d]);
    assign_into(piece, x);
    start += x.shape()[d];
  }
  std::vector<int64_t, CachingAllocator<int64_t>> lengths;
  for (const Tensor& x : tensors) lengths.push_back(x.shape()[d]);
  auto backward = [d, lengths](const Tensor& dy, std::span<const Grad> dx) {
    int64_t at = 0;
    for (size_t i = 0; i < dx.size(); ++i) {
      if (dx[i]) dx[i] += dy.narrow(d, at, lengths[i]);
      at += lengths[i];
    }
  };
  return record("concat", y, backward, tensors);
}

// y = the tensors side by side along a new dimension d
Tensor stack(std::span<const Tensor> tensors, int d) {
  check_value(!tensors.empty(), "stack: no tensors");
  std::vector<Tensor> raised;
  for (const Tensor& x : tensors) {
    check_shape(x.shape() == tensors[0].shape(), "stack: shapes {} and {} differ",
                tensors[0].shape(), x.shape());
    raised.push_back(x.unsqueeze(d));
  }
  return concat(raised, d);
}

namespace {

const SampleRegistrar join_samples{
    {.op = "concat",
     .inputs = {{2, 3}, {2, 1}, {2, 2}},
     .fn = [](Inputs x) { return concat(x, 1); },
     .zero_size = {{2, 0}, {2, 1}, {2, 0}},
     .errors = {{{{2, 3}, {3, 3}}, "concat: shapes (2, 3) and (3, 3) differ outside dimension 1"}}},
    {.op = "stack",
     .inputs = {{2, 3}, {2, 3}},
     .fn = [](Inputs x) { return stack(x, -1); },
     .zero_size = {{0, 3}, {0, 3}},
     .errors = {{{{2, 3}, {2, 4}}, "stack: shapes (2, 3) and (2, 4) differ"}}},
};

}  // namespace
}  // namespace gradus
