// Joining, cutting, repeating and padding.

#include <algorithm>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

std::vector<Value> concatenate(const Call& call) {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < call.size(); ++i) tensors.push_back(call[i].tensor());
  const int axis = positive_axis(call.integer("axis", 1), tensors[0].rank());
  return {Value(concat(tensors, axis), call[0].dtype())};
}

// Sizes are given, or the pieces are as equal as can be, the last one smaller.
std::vector<Value> split(const Call& call) {
  const Tensor x = call[0].tensor();
  const int axis = positive_axis(call.integer("axis", 0), x.rank());
  const int64_t n = x.dim(axis),
                pieces = call.integer("num_outputs", static_cast<int64_t>(call.outputs()));
  const int64_t size = (n + pieces - 1) / pieces;
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < pieces; ++i) sizes.push_back(std::clamp<int64_t>(n - i * size, 0, size));
  sizes = call.list("split", 1).value_or(sizes);
  std::vector<Value> values;
  int64_t start = 0;
  for (const int64_t length : sizes) {
    values.emplace_back(x.narrow(axis, start, length), call[0].dtype());
    start += length;
  }
  check_shape(start == n, "Split: the sizes add up to {}, not to {}", start, n);
  return values;
}

std::vector<Value> tile(const Call& call) {
  Tensor x = call[0].tensor();
  const std::vector<int64_t> repeats = call[1].integers();
  for (int d = 0; d < x.rank(); ++d) {
    const int64_t n = x.dim(d), times = repeats.at(static_cast<size_t>(d));
    const Shape shape = x.shape();
    x = x.unsqueeze(d).expand(shape.insert(d, times)).reshape(shape.with(d, n * times));
  }
  return {Value(x, call[0].dtype())};
}

// A negative count cuts instead.
Tensor pad_axis(Tensor x, int d, int64_t before, int64_t after, const Tensor& value) {
  x = x.narrow(d, std::max<int64_t>(-before, 0),
               x.dim(d) + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0));
  const auto piece = [&](int64_t size) {
    return value.expand(x.shape().with(d, std::max<int64_t>(size, 0)));
  };
  return concat({piece(before), x, piece(after)}, d);
}

// pads: all the counts before, then all the counts after, one per axis.
std::vector<Value> pad(const Call& call) {
  if (call.text("mode", "constant") != "constant")
    throw Unsupported("Pad other than by a constant");
  Tensor x = call[0].tensor();
  const std::vector<int64_t> pads = call.list("pads", 1).value();
  const Tensor value = call.has(2) ? call.tensor(2).reshape({}) : scalar(call.number("value", 0));
  std::vector<int64_t> axes;
  for (int d = 0; d < x.rank(); ++d) axes.push_back(d);
  if (call.has(3)) axes = call[3].integers();
  check_shape(pads.size() == 2 * axes.size(), "Pad: {} pads for {} axes", pads.size(), axes.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    const int d = positive_axis(axes[i], x.rank());
    x = pad_axis(x, d, pads[i], pads[i + axes.size()], value);
  }
  return {Value(x, call[0].dtype())};
}

// Keeps what lies on one side of diagonal k: column - row <= k (lower) or >= k (upper).
std::vector<Value> triangle(const Call& call) {
  const Tensor x = call[0].tensor();
  const real k = call.has(1) ? call.tensor(1).reshape({}).item() : 0;
  const Tensor diagonal = arange(x.dim(-1)) - arange(x.dim(-2)).unsqueeze(1);
  const bool upper = call.integer("upper", 1) != 0;
  const Tensor kept = upper ? less_equal(scalar(k), diagonal) : less_equal(diagonal, scalar(k));
  return {Value(where(kept, x, scalar(0)), call[0].dtype())};
}

}  // namespace

void add_joins(Table& table) {
  table["Concat"] = {concatenate, {"axis"}};
  table["Split"] = {split, {"axis", "split", "num_outputs"}};
  table["Tile"] = {tile, {}};
  table["Pad"] = {pad, {"mode", "pads", "value"}};
  table["Trilu"] = {triangle, {"upper"}};
}

}  // namespace gradus::conformance
