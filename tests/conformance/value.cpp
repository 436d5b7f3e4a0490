#include "tests/conformance/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus::conformance {
namespace {

struct Range {
  int64_t low, high;
};

template <class T>
constexpr Range range_of() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

Range integer_range(const std::string& dtype) {
  static const std::map<std::string, Range> ranges = {
      {"bool", {0, 1}},
      {"int8", range_of<int8_t>()},
      {"uint8", range_of<uint8_t>()},
      {"int16", range_of<int16_t>()},
      {"uint16", range_of<uint16_t>()},
      {"int32", range_of<int32_t>()},
      {"uint32", range_of<uint32_t>()},
      {"int64", range_of<int64_t>()},
      {"uint64", {0, std::numeric_limits<int64_t>::max()}}};
  const auto found = ranges.find(dtype);
  if (found == ranges.end()) throw Unsupported("element type " + dtype);
  return found->second;
}

// Integers of at most this size are exact as `real`: 2^24 for float, 2^53 for double.
constexpr int64_t largest_exact = int64_t{1} << std::numeric_limits<real>::digits;

int64_t exact_integer(real x) {
  const bool exact = std::trunc(x) == x && std::abs(x) <= static_cast<real>(largest_exact);
  if (!exact) throw Unsupported(fmt::format("{} is not an exact integer in gradus's floats", x));
  return static_cast<int64_t>(x);
}

std::vector<int64_t> exact_integers(const Tensor& x) {
  std::vector<int64_t> integers;
  for (const real element : x.to_vector()) integers.push_back(exact_integer(element));
  return integers;
}

}  // namespace

bool is_floating(const std::string& dtype) {
  return dtype == "float32" || dtype == "float64" || dtype == "float16";
}

std::string dtype_name(int64_t number) {
  static const std::array<std::string, 14> names = {
      "",      "float32", "uint8", "int8",    "uint16",  "int16",  "int32",
      "int64", "",        "bool",  "float16", "float64", "uint32", "uint64"};
  const bool known = number >= 0 && number < static_cast<int64_t>(names.size());
  const std::string name = known ? names[static_cast<size_t>(number)] : "";
  if (name.empty()) throw Unsupported(fmt::format("element type number {}", number));
  return name;
}

Value::Value(const Tensor& x, const std::string& dtype) : dtype_(dtype) {
  if (floating()) {
    tensor_ = x;
  } else {
    *this = Value(x.shape(), exact_integers(x), dtype);
  }
}

Value::Value(const Shape& shape, std::vector<int64_t> integers, const std::string& dtype)
    : dtype_(dtype), shape_(shape), integers_(std::move(integers)) {
  const auto [low, high] = integer_range(dtype);
  for (const int64_t x : integers_) {
    if (x < low || x > high) throw Unsupported(fmt::format("{} overflows {}", x, dtype));
  }
}

Tensor Value::tensor() const {
  if (floating()) return tensor_;
  std::vector<real> elements;
  for (const int64_t x : integers_) {
    const bool exact = x >= -largest_exact && x <= largest_exact;
    if (!exact) throw Unsupported(fmt::format("integer {} has too many digits for gradus", x));
    elements.push_back(static_cast<real>(x));
  }
  return from_data(shape_, elements);
}

std::vector<int64_t> Value::integers() const {
  return floating() ? exact_integers(tensor_) : integers_;
}

Tokens Value::ids(int64_t limit) const {
  std::vector<int32_t> ids;
  for (const int64_t x : integers()) {
    const int64_t id = x < 0 ? x + limit : x;
    check_value(id >= 0 && id < limit, "index {} is not in [-{}, {})", x, limit, limit);
    ids.push_back(static_cast<int32_t>(id));
  }
  return Tokens(shape(), ids);
}

}  // namespace gradus::conformance
