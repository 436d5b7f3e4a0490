// Constants, shapes and conversions.

#include <algorithm>
#include <cmath>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

Value integer_list(std::vector<int64_t> integers) {
  const Shape shape = {static_cast<int64_t>(integers.size())};
  return Value(shape, std::move(integers), "int64");
}

std::vector<Value> constant(const Call& call) {
  if (call.has("value")) return {call.value("value")};
  if (call.has("value_int")) return {Value(Shape(), {call.integer("value_int")}, "int64")};
  if (call.has("value_ints")) return {integer_list(call.integers("value_ints"))};
  if (call.has("value_float")) return {Value(scalar(call.number("value_float")), "float32")};
  return {call.numbers("value_floats")};
}

std::vector<Value> constant_of_shape(const Call& call) {
  const std::vector<int64_t> sizes = call[0].integers();
  const Shape shape{std::span<const int64_t>(sizes)};
  if (!call.has("value")) return {Value(zeros(shape), "float32")};
  const Value value = call.value("value");
  return {Value(value.tensor().reshape({}).expand(shape), value.dtype())};
}

std::vector<Value> range(const Call& call) {
  const std::string& dtype = call[0].dtype();
  const auto at = [&](size_t i) { return call[i].tensor().reshape({}).item(); };
  const real start = at(0), stop = at(1), step = at(2);
  const bool empty_range = step == 0 || (stop - start) / step <= 0;
  return {Value(empty_range ? zeros({0}) : arange(start, stop, step), dtype)};
}

std::vector<Value> shape(const Call& call) {
  const Shape& sizes = call[0].shape();
  const int64_t rank = sizes.rank();
  const auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t start = clamp(call.integer("start", 0)), stop = clamp(call.integer("end", rank));
  return {integer_list({sizes.begin() + start, sizes.begin() + std::max(start, stop)})};
}

std::vector<Value> size(const Call& call) {
  return {Value(Shape(), {call[0].shape().numel()}, "int64")};
}

std::vector<Value> identity(const Call& call) { return {call[0]}; }

// Between floating-point types nothing happens: gradus has one. Integers are rounded towards 0.
Value cast_to(const Value& x, const std::string& dtype) {
  if (x.dtype() == dtype) return x;
  if (is_floating(dtype)) {
    if (dtype == "float16") throw Unsupported("rounding to float16");
    return Value(x.tensor(), dtype);
  }
  if (!x.floating() && dtype != "bool") return Value(x.shape(), x.integers(), dtype);
  std::vector<int64_t> integers;
  for (const real number : x.tensor().to_vector()) {
    if (dtype == "bool") {
      integers.push_back(number != 0);
    } else {
      const bool fits = std::abs(number) < 9e18;  // false for NaN
      if (!fits) throw Unsupported("Cast of a number beyond all integers");
      integers.push_back(static_cast<int64_t>(std::trunc(number)));
    }
  }
  return Value(x.shape(), std::move(integers), dtype);
}

std::vector<Value> cast(const Call& call) {
  return {cast_to(call[0], dtype_name(call.integer("to")))};
}

std::vector<Value> cast_like(const Call& call) { return {cast_to(call[0], call[1].dtype())}; }

}  // namespace

void add_constants(Table& table) {
  table["Constant"] = {constant,
                       {"value", "value_int", "value_ints", "value_float", "value_floats"}};
  table["ConstantOfShape"] = {constant_of_shape, {"value"}};
  table["Range"] = {range, {}};
  table["Shape"] = {shape, {"start", "end"}};
  table["Size"] = {size, {}};
  table["Identity"] = {identity, {}};
  table["Cast"] = {cast, {"to", "saturate"}};
  table["CastLike"] = {cast_like, {"saturate"}};
}

}  // namespace gradus::conformance
