// Views: the same elements in another shape or order.

#include <algorithm>
#include <numeric>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

std::vector<Value> like(const Value& x, const Tensor& y) { return {Value(y, x.dtype())}; }

Shape shape_of(const std::vector<int64_t>& sizes) { return Shape(std::span<const int64_t>(sizes)); }

// 0 keeps the size of the input unless allowzero is set; one -1 takes what is left.
std::vector<Value> reshape(const Call& call) {
  std::vector<int64_t> sizes = call.list("shape", 1).value();
  const bool zero_is_a_size = call.integer("allowzero", 0) != 0;
  for (size_t i = 0; i < sizes.size() && !zero_is_a_size; ++i) {
    if (sizes[i] == 0) sizes[i] = call[0].shape().dim(static_cast<int>(i));
  }
  return like(call[0], call[0].tensor().reshape(shape_of(sizes)));
}

// Everything before `axis` becomes the rows, everything from it on the columns.
std::vector<Value> flatten(const Call& call) {
  const Tensor x = call[0].tensor();
  int64_t axis = call.integer("axis", 1);
  if (axis < 0) axis += x.rank();
  check_shape(axis >= 0 && axis <= x.rank(), "Flatten: axis {} of {}", axis, x.shape());
  const auto product = [&](int64_t from, int64_t to) {
    const int64_t* sizes = x.shape().begin();
    return std::accumulate(sizes + from, sizes + to, int64_t{1}, std::multiplies<>());
  };
  return like(call[0], x.reshape({product(0, axis), product(axis, x.rank())}));
}

std::vector<int> sorted_axes(const std::vector<int64_t>& axes, int rank) {
  std::vector<int> sorted;
  for (const int64_t axis : axes) sorted.push_back(positive_axis(axis, rank));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<Value> squeeze(const Call& call) {
  Tensor x = call[0].tensor();
  std::vector<int> axes;
  if (const auto listed = call.list("axes", 1)) {
    axes = sorted_axes(*listed, x.rank());
  } else {
    for (int d = 0; d < x.rank(); ++d) {
      if (x.dim(d) == 1) axes.push_back(d);
    }
  }
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) x = x.squeeze(*axis);
  return like(call[0], x);
}

// The axes are those of the result.
std::vector<Value> unsqueeze(const Call& call) {
  Tensor x = call[0].tensor();
  const std::vector<int64_t> axes = call.list("axes", 1).value();
  const int rank = x.rank() + static_cast<int>(axes.size());
  for (const int axis : sorted_axes(axes, rank)) x = x.unsqueeze(axis);
  return like(call[0], x);
}

std::vector<Value> transpose(const Call& call) {
  const Tensor x = call[0].tensor();
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.rbegin(), order.rend(), 0);
  if (call.has("perm")) {
    const std::vector<int64_t> perm = call.integers("perm");
    order.assign(perm.begin(), perm.end());
  }
  return like(call[0], x.permute(order));
}

// Broadcasting goes both ways: a 1 in the wanted shape leaves a larger size alone.
std::vector<Value> expand(const Call& call) {
  const Shape wanted = shape_of(call[1].integers());
  return like(call[0], call[0].tensor().expand(broadcast("Expand", call[0].shape(), wanted)));
}

// Clamps the end points of a slice as ONNX defines it; gradus slices forwards only, so a negative
// step runs over the reversed dimension.
Tensor slice_axis(const Tensor& x, int d, int64_t start, int64_t stop, int64_t step) {
  const int64_t n = x.dim(d);
  check_value(step != 0, "Slice: the step is 0");
  if (start < 0) start += n;
  if (stop < 0) stop = std::max<int64_t>(stop + n, step < 0 ? -1 : 0);
  if (step < 0) {
    const int64_t first = std::clamp<int64_t>(start, -1, n - 1);
    const int64_t last = std::clamp<int64_t>(stop, -1, n - 1);
    return slice_axis(flip(x, d), d, n - 1 - first, n - 1 - last, -step);
  }
  start = std::clamp<int64_t>(start, 0, n);
  stop = std::clamp<int64_t>(stop, 0, n);
  return start < stop ? x.slice(d, start, stop, std::min(step, n)) : x.narrow(d, 0, 0);
}

std::vector<Value> slice(const Call& call) {
  Tensor x = call[0].tensor();
  const std::vector<int64_t> starts = call.list("starts", 1).value();
  const std::vector<int64_t> stops = call.list("ends", 2).value();
  std::vector<int64_t> all(starts.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<int64_t> axes = call.list("axes", 3).value_or(all);
  const std::vector<int64_t> steps =
      call.has(4) ? call[4].integers() : std::vector<int64_t>(starts.size(), 1);
  for (size_t i = 0; i < starts.size(); ++i) {
    x = slice_axis(x, positive_axis(axes.at(i), x.rank()), starts[i], stops.at(i), steps.at(i));
  }
  return like(call[0], x);
}

}  // namespace

void add_views(Table& table) {
  table["Reshape"] = {reshape, {"shape", "allowzero"}};
  table["Flatten"] = {flatten, {"axis"}};
  table["Squeeze"] = {squeeze, {"axes"}};
  table["Unsqueeze"] = {unsqueeze, {"axes"}};
  table["Transpose"] = {transpose, {"perm"}};
  table["Expand"] = {expand, {}};
  table["Slice"] = {slice, {"starts", "ends", "axes"}};
}

}  // namespace gradus::conformance
