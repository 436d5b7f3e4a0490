// Reductions over any set of axes, running sums and positions of extremes.

#include <algorithm>
#include <numeric>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

// Which axes a node reduces. None given means all of them, unless noop_with_empty_axes is set.
std::vector<int> reduced_axes(const Call& call, int rank) {
  const std::vector<int64_t> given = call.list("axes", 1).value_or(std::vector<int64_t>());
  std::vector<int> axes;
  for (const int64_t axis : given) axes.push_back(positive_axis(axis, rank));
  if (axes.empty() && call.integer("noop_with_empty_axes", 0) == 0) {
    axes.resize(static_cast<size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

// The reduced axes moved to the end and merged: (kept..., elements to reduce)
Tensor merge_last(const Tensor& x, const std::vector<int>& axes) {
  std::vector<int> order;
  Shape shape;
  int64_t merged = 1;
  for (int d = 0; d < x.rank(); ++d) {
    if (std::find(axes.begin(), axes.end(), d) != axes.end()) {
      merged *= x.dim(d);
    } else {
      order.push_back(d);
      shape = shape.insert(shape.rank(), x.dim(d));
    }
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return x.permute(order).reshape(shape.insert(shape.rank(), merged));
}

// f reduces the last dimension of its argument.
Operator reduction(Tensor (*f)(const Tensor&)) {
  const auto run = [f](const Call& call) -> std::vector<Value> {
    const Tensor x = call[0].tensor();
    const std::vector<int> axes = reduced_axes(call, x.rank());
    Tensor y = f(merge_last(x, axes));
    if (call.integer("keepdims", 1) != 0) {
      for (const int axis : axes) y = y.unsqueeze(axis);
    }
    return {Value(y, call[0].dtype())};
  };
  return {run, {"axes", "keepdims", "noop_with_empty_axes"}};
}

Tensor sum_last(const Tensor& x) { return sum(x, {-1}); }
Tensor mean_last(const Tensor& x) { return mean(x, {-1}); }
Tensor sum_square(const Tensor& x) { return sum(x * x, {-1}); }
Tensor l1_norm(const Tensor& x) { return sum(abs(x), {-1}); }
Tensor l2_norm(const Tensor& x) { return sqrt(sum_square(x)); }
Tensor log_sum(const Tensor& x) { return log(sum(x, {-1})); }

void refuse_nothing(const Tensor& x) {
  if (x.dim(-1) == 0) throw Unsupported("the extreme of no elements");
}
Tensor max_last(const Tensor& x) { return refuse_nothing(x), max(x, -1); }
Tensor min_last(const Tensor& x) { return refuse_nothing(x), min(x, -1); }

// log Σ e^x = m + log Σ e^(x - m) for any m, and with the maximum nothing overflows.
Tensor log_sum_exp(const Tensor& x) {
  refuse_nothing(x);
  const Tensor m = max(x.detach(), -1, {.keepdim = true});
  return log(sum(exp(x - m), {-1})) + m.squeeze(-1);
}

Operator position(bool largest) {
  const auto run = [largest](const Call& call) -> std::vector<Value> {
    const Tensor x = call[0].tensor();
    const int axis = positive_axis(call.integer("axis", 0), x.rank());
    const bool last = call.integer("select_last_index", 0) != 0;  // of equal ones; else the first
    const Tensor scores = largest ? x : -x;
    Tokens found = argmax(last ? flip(scores, axis) : scores, axis);
    for (int32_t& id : found.ids) id = last ? static_cast<int32_t>(x.dim(axis)) - 1 - id : id;
    const bool keep = call.integer("keepdims", 1) != 0;
    const Shape shape = keep ? x.shape().with(axis, 1) : x.shape().erase(axis);
    return {Value(shape, {found.ids.begin(), found.ids.end()}, "int64")};
  };
  return {run, {"axis", "keepdims", "select_last_index"}};
}

// exclusive: element i is the sum of those before it. reverse: sums run from the end.
std::vector<Value> running_sum(const Call& call) {
  Tensor x = call[0].tensor();
  const int axis = positive_axis(call[1].integers().at(0), x.rank());
  const bool reverse = call.integer("reverse", 0) != 0;
  if (reverse) x = flip(x, axis);
  Tensor y = cumsum(x, axis);
  if (call.integer("exclusive", 0) != 0 && x.dim(axis) > 0) {
    const Tensor nothing = zeros(x.shape().with(axis, 1));
    y = concat({nothing, y.narrow(axis, 0, x.dim(axis) - 1)}, axis);
  }
  return {Value(reverse ? flip(y, axis) : y, call[0].dtype())};
}

}  // namespace

void add_reductions(Table& table) {
  table["ReduceSum"] = reduction(sum_last);
  table["ReduceMean"] = reduction(mean_last);
  table["ReduceMax"] = reduction(max_last);
  table["ReduceMin"] = reduction(min_last);
  table["ReduceSumSquare"] = reduction(sum_square);
  table["ReduceL1"] = reduction(l1_norm);
  table["ReduceL2"] = reduction(l2_norm);
  table["ReduceLogSum"] = reduction(log_sum);
  table["ReduceLogSumExp"] = reduction(log_sum_exp);
  table["ArgMax"] = position(true);
  table["ArgMin"] = position(false);
  table["CumSum"] = {running_sum, {"exclusive", "reverse"}};
}

}  // namespace gradus::conformance
