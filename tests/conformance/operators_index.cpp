// Choosing by index.

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

// x (..., n, ...) at ids (...) along axis -> (..., shape of ids, ...)
std::vector<Value> gather_rows(const Call& call) {
  const Tensor x = call[0].tensor();
  const int axis = positive_axis(call.integer("axis", 0), x.rank());
  return {Value(index_select(x, axis, call[1].ids(x.dim(axis))), call[0].dtype())};
}

// y[.., i, ..] = x[.., ids[.., i, ..], ..]; along the other dimensions ids may be shorter than x.
std::vector<Value> gather_elements(const Call& call) {
  Tensor x = call[0].tensor();
  const int axis = positive_axis(call.integer("axis", 0), x.rank());
  const Tokens ids = call[1].ids(x.dim(axis));
  for (int d = 0; d < x.rank(); ++d) {
    if (d != axis) x = x.narrow(d, 0, ids.shape.dim(d));
  }
  return {Value(gather(x, axis, ids), call[0].dtype())};
}

// values: {off, on}. An id outside [-depth, depth) gets no class: it goes to one more, cut off.
std::vector<Value> one_hot_of(const Call& call) {
  const int64_t depth = call[1].integers().at(0);
  Tokens ids(call[0].shape());
  const std::vector<int64_t> given = call[0].integers();
  for (size_t i = 0; i < given.size(); ++i) {
    const bool inside = given[i] >= -depth && given[i] < depth;
    const int64_t id = given[i] < 0 ? given[i] + depth : given[i];
    ids.ids[i] = static_cast<int32_t>(inside ? id : depth);
  }
  const Tensor hot = one_hot(ids, depth + 1).narrow(-1, 0, depth);  // (..., depth)
  const int axis = positive_axis(call.integer("axis", -1), hot.rank());
  std::vector<int> order;
  for (int d = 0; d + 1 < hot.rank(); ++d) order.push_back(d);
  order.insert(order.begin() + axis, hot.rank() - 1);
  const Tensor values = call[2].tensor();
  const Tensor y = where(hot.permute(order), values.select(0, 1), values.select(0, 0));
  return {Value(y, call[2].dtype())};
}

}  // namespace

void add_indexing(Table& table) {
  table["Gather"] = {gather_rows, {"axis"}};
  table["GatherElements"] = {gather_elements, {"axis"}};
  table["OneHot"] = {one_hot_of, {"axis"}};
}

}  // namespace gradus::conformance
