// Views: other shapes and strides over the same storage. Forward touches no element; backward puts
// the gradient back where the view looked.

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/sample.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// Every view is one map `look` from a tensor to a view of it. Its backward looks at dx in the same
// way and adds dy to what it sees.
template <class Look>
Tensor view_of(const char* op, const Tensor& x, Look look) {
  auto backward = [look](const Tensor& dy, Grad dx) {
    Tensor seen = look(dx.buffer());
    add_into(seen, dy);
  };
  return record(op, look(x), backward, x);
}

// One size of -1 stands for whatever is left.
Shape resolve(const Shape& shape, const Tensor& x) {
  int unknown = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != -1) continue;
    check_shape(unknown < 0, "reshape: {} has more than one -1", shape);
    unknown = i;
  }
  const int64_t known = unknown < 0 ? shape.numel() : shape.with(unknown, 1).numel();
  const bool divides = unknown < 0 ? known == x.numel() : known > 0 && x.numel() % known == 0;
  check_shape(divides, "reshape: {} elements of shape {} do not fill {}", x.numel(), x.shape(),
              shape);
  return unknown < 0 ? shape : shape.with(unknown, x.numel() / known);
}

// Strides that show x in another shape, if its elements lie regularly enough.
bool restride(const Tensor& x, const Shape& shape, Strides& strides) {
  strides = row_major(shape);
  if (x.is_contiguous()) return true;
  // Walk both shapes from the end; each run of dimensions of x that covers a run of the new shape
  // must be dense in itself.
  int to = shape.rank() - 1;
  for (int from = x.rank() - 1; from >= 0;) {
    int64_t step = x.strides()[from], covered = x.shape()[from], wanted = 1;
    while (--from >= 0 && (x.strides()[from] == step * covered || x.shape()[from] == 1)) {
      covered *= x.shape()[from];
    }
    for (; to >= 0 && (wanted < covered || shape[to] == 1); --to) {
      strides[to] = step * wanted;
      wanted *= shape[to];
    }
    if (wanted != covered) return false;
  }
  return true;
}

}  // namespace

// y = x in another shape,  dx = dy in the shape of x
Tensor Tensor::view(const Shape& wanted) const {
  const Shape shape = resolve(wanted, *this);
  Strides strides;
  check_shape(restride(*this, shape, strides),
              "view: shape {} with strides {} cannot be seen as {} without a copy; use reshape",
              shape_, strides_, shape);
  auto backward = [](const Tensor& dy, Grad dx) {
    const Shape& original = dx.shape();
    dx += dy.as_strided(original, row_major(original), dy.offset());
  };
  return record("view", as_strided(shape, strides, offset_), backward, *this);
}

Tensor Tensor::reshape(const Shape& wanted) const {
  const Shape shape = resolve(wanted, *this);
  Strides strides;
  return restride(*this, shape, strides) ? view(shape) : contiguous().view(shape);
}

// y[..., j, ..., i, ...] = x[..., i, ..., j, ...]
Tensor Tensor::transpose(int i, int j) const {
  return view_of("transpose", *this, [a = shape_.axis(i), b = shape_.axis(j)](const Tensor& x) {
    const Shape shape = x.shape().with(a, x.shape()[b]).with(b, x.shape()[a]);
    const Strides strides = x.strides().with(a, x.strides()[b]).with(b, x.strides()[a]);
    return x.as_strided(shape, strides, x.offset());
  });
}

// Dimension i of y is dimension order[i] of x.
Tensor Tensor::permute(std::span<const int> order) const {
  check_shape(static_cast<int>(order.size()) == rank(), "permute: {} dimensions named for shape {}",
              order.size(), shape_);
  std::array<int, Shape::max_rank> source{};
  std::array<bool, Shape::max_rank> seen{};
  for (size_t i = 0; i < order.size(); ++i) {
    source[i] = shape_.axis(order[i]);
    check_shape(!seen[static_cast<size_t>(source[i])], "permute: dimension {} of {} named twice",
                order[i], shape_);
    seen[static_cast<size_t>(source[i])] = true;
  }
  return view_of("permute", *this, [source](const Tensor& x) {
    Shape shape = x.shape();
    Strides strides = x.strides();
    for (int i = 0; i < x.rank(); ++i) {
      shape[i] = x.shape()[source[static_cast<size_t>(i)]];
      strides[i] = x.strides()[source[static_cast<size_t>(i)]];
    }
    return x.as_strided(shape, strides, x.offset());
  });
}

// Every step-th element of [start, stop) along d.
Tensor Tensor::slice(int dimension, int64_t start, int64_t stop, int64_t stride) const {
  const int d = shape_.axis(dimension);
  const int64_t size = shape_[d];
  check_value(stride > 0, "slice: step {} must be positive", stride);
  const int64_t step = std::min(stride, std::max<int64_t>(size, 1));  // all longer ones are alike
  const int64_t first = std::clamp(start < 0 ? start + size : start, int64_t{0}, size);
  const int64_t last = std::clamp(stop < 0 ? stop + size : stop, first, size);
  const int64_t length = (last - first + step - 1) / step;
  return view_of("slice", *this, [=](const Tensor& x) {
    const int64_t offset = x.offset() + first * x.strides()[d];
    return x.as_strided(x.shape().with(d, length), x.strides().with(d, x.strides()[d] * step),
                        offset);
  });
}

Tensor Tensor::narrow(int dimension, int64_t start, int64_t length) const {
  const int d = shape_.axis(dimension);
  check_shape(start >= 0 && length >= 0 && start <= shape_[d] - length,
              "narrow: {} elements from {} lie outside dimension {} of {}", length, start, d,
              shape_);
  return view_of("narrow", *this, [=](const Tensor& x) {
    return x.as_strided(x.shape().with(d, length), x.strides(),
                        x.offset() + start * x.strides()[d]);
  });
}

Tensor Tensor::select(int dimension, int64_t i) const {
  const int d = shape_.axis(dimension);
  const int64_t at = i < 0 ? i + shape_[d] : i;
  check_shape(at >= 0 && at < shape_[d], "select: index {} lies outside dimension {} of {}", i, d,
              shape_);
  return view_of("select", *this, [=](const Tensor& x) {
    return x.as_strided(x.shape().erase(d), x.strides().erase(d), x.offset() + at * x.strides()[d]);
  });
}

// Repeats dimensions of size 1; backward sums over the repeats.
Tensor Tensor::expand(const Shape& wanted) const {
  Shape shape = wanted;
  for (int back = 1; back <= std::min(rank(), shape.rank()); ++back) {
    int64_t& size = shape[shape.rank() - back];
    if (size == -1) size = shape_[rank() - back];
  }
  check_shape(broadcast("expand", shape_, shape) == shape, "expand: shape {} does not expand to {}",
              shape_, shape);
  auto backward = [from = shape_](const Tensor& dy, Grad dx) { dx += sum_to(dy, from); };
  const Strides strides = broadcast_strides(shape_, strides_, shape);
  return record("expand", as_strided(shape, strides, offset_), backward, *this);
}

Tensor Tensor::squeeze(int dimension) const {
  const int d = shape_.axis(dimension);
  check_shape(shape_[d] == 1, "squeeze: dimension {} of {} is not 1", d, shape_);
  return select(d, 0);
}

Tensor Tensor::unsqueeze(int dimension) const {
  const int d = dimension < 0 ? dimension + rank() + 1 : dimension;
  check_shape(d >= 0 && d <= rank(), "unsqueeze: no place {} in shape {}", dimension, shape_);
  return view_of("unsqueeze", *this, [=](const Tensor& x) {
    return x.as_strided(x.shape().insert(d, 1), x.strides().insert(d, 1), x.offset());
  });
}

std::vector<Tensor> Tensor::split(int64_t size, int dimension) const {
  const int d = shape_.axis(dimension);
  check_value(size > 0, "split: pieces of {} elements", size);
  std::vector<Tensor> pieces;
  size = std::min(size, std::max<int64_t>(shape_[d], 1));
  for (int64_t start = 0; start == 0 || start < shape_[d]; start += size) {
    pieces.push_back(narrow(d, start, std::min(size, shape_[d] - start)));
  }
  return pieces;
}

std::vector<Tensor> Tensor::chunk(int64_t count, int dimension) const {
  check_value(count > 0, "chunk: {} pieces", count);
  const int64_t size = dim(dimension);
  return split(std::max<int64_t>(1, size / count + (size % count != 0)), dimension);
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

// y = x in memory of its own,  dx = dy
Tensor Tensor::clone() const {
  return record(
      "clone", dense_copy(*this), [](const Tensor& dy, Grad dx) { dx += dy; }, *this);
}

namespace {

OpSample sample(const char* op, std::function<Tensor(const Tensor&)> f,
                std::vector<ErrorSample> errors = {}) {
  return {.op = op,
          .inputs = {{2, 3, 4}},
          .fn = [f = std::move(f)](Inputs x) { return f(x[0]); },
          .errors = std::move(errors)};
}

const SampleRegistrar views_samples{
    sample("view",
           [](const Tensor& x) {
             return x.contiguous().view({6, -1});
           },
           {{{{3, 3}}, "reshape: 9 elements of shape (3, 3) do not fill (6, -1)"}}),
    sample("reshape",
           [](const Tensor& x) {
             return x.reshape({4, -1});
           },
           {{{{3, 3}}, "reshape: 9 elements of shape (3, 3) do not fill (4, -1)"}}),
    sample("transpose", [](const Tensor& x) { return x.transpose(0, -1); }),
    sample("permute",
           [](const Tensor& x) {
             return x.permute({2, 0, 1});
           },
           {{{{2, 3}}, "permute: 3 dimensions named for shape (2, 3)"}}),
    sample("narrow", [](const Tensor& x) { return x.narrow(1, 1, 2); },
           {{{{2, 2, 4}}, "narrow: 2 elements from 1 lie outside dimension 1 of (2, 2, 4)"}}),
    sample("slice", [](const Tensor& x) { return x.slice(2, 1, -1, 2); }),
    sample("select", [](const Tensor& x) { return x.select(1, -1); },
           {{{{2, 0}}, "select: index -1 lies outside dimension 1 of (2, 0)"}}),
    sample("expand",
           [](const Tensor& x) {
             return x.unsqueeze(1).expand({5, 2, 3, -1, -1});
           },
           {{{{2, 3}},
             "expand: shapes (2, 1, 3) and (5, 2, 3, 1, 3) do not broadcast: 2 meets 3, and "
             "neither is 1"}}),
    sample("squeeze", [](const Tensor& x) { return x.narrow(1, 0, 1).squeeze(1); }),
    sample("unsqueeze", [](const Tensor& x) { return x.unsqueeze(-1); }),
    sample("split", [](const Tensor& x) { return x.split(3, 2)[0]; }),
    sample("chunk", [](const Tensor& x) { return x.chunk(2, 1)[1]; }),
    sample("clone", [](const Tensor& x) { return x.clone(); }),
    sample("contiguous", [](const Tensor& x) { return x.transpose(0, 1).contiguous(); }),
};

}  // namespace
}  // namespace gradus
