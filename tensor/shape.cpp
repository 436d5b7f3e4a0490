#include "tensor/shape.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "tensor/errors.h"

namespace gradus {

Shape::Shape(std::initializer_list<int64_t> sizes)
    : Shape(std::span(sizes.begin(), sizes.size())) {}

Shape::Shape(std::span<const int64_t> sizes) {
  check_shape(sizes.size() <= max_rank, "shape: {} dimensions, at most {} are possible",
              sizes.size(), max_rank);
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
  rank_ = static_cast<int>(sizes.size());
}

int Shape::axis(int i) const {
  check_shape(i >= -rank_ && i < rank_, "dimension {} does not exist in shape {}", i, *this);
  return i < 0 ? i + rank_ : i;
}

int64_t Shape::dim(int i) const { return (*this)[axis(i)]; }

int64_t Shape::numel() const {
  int64_t product = 1;
  bool empty = false;
  for (int64_t size : *this) {
    check_shape(size >= 0, "shape {} has a negative size", *this);
    empty = empty || size == 0;
    // A zero must not hide sizes whose product overflows: strides are products of them.
    check_shape(!__builtin_mul_overflow(product, std::max<int64_t>(size, 1), &product),
                "shape {} has more elements than 63 bits can count", *this);
  }
  return empty ? 0 : product;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

Shape Shape::insert(int position, int64_t size) const {
  check_shape(rank_ < max_rank, "shape {} already has {} dimensions", *this, max_rank);
  Shape result = *this;
  result.rank_ = rank_ + 1;
  for (int i = rank_; i > position; --i) result[i] = (*this)[i - 1];
  result[position] = size;
  return result;
}

Shape Shape::erase(int position) const {
  Shape result = *this;
  result.rank_ = rank_ - 1;
  for (int i = position; i < rank_ - 1; ++i) result[i] = (*this)[i + 1];
  result.sizes_[static_cast<size_t>(rank_ - 1)] = 0;
  return result;
}

Shape Shape::with(int position, int64_t size) const {
  Shape result = *this;
  result[position] = size;
  return result;
}

Strides row_major(const Shape& shape) {
  static_cast<void>(shape.numel());  // throws if a stride would overflow
  Strides strides = shape;
  int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  Shape result = a.rank() >= b.rank() ? a : b;
  for (int back = 1; back <= std::min(a.rank(), b.rank()); ++back) {
    const int64_t size_a = a[a.rank() - back], size_b = b[b.rank() - back];
    check_shape(size_a == size_b || size_a == 1 || size_b == 1,
                "{}: shapes {} and {} do not broadcast: {} meets {}, and neither is 1", op, a, b,
                size_a, size_b);
    result[result.rank() - back] = size_a == 1 ? size_b : size_a;
  }
  return result;
}

Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& to) {
  Strides result = to;
  for (int i = 0; i < to.rank(); ++i) {
    const int source = i - (to.rank() - shape.rank());
    result[i] = source < 0 || shape[source] != to[i] ? 0 : strides[source];
  }
  return result;
}

}  // namespace gradus

fmt::format_context::iterator fmt::formatter<gradus::Shape>::format(
    const gradus::Shape& shape, fmt::format_context& out) const {
  return fmt::formatter<fmt::string_view>::format(
      fmt::format("({})", fmt::join(shape.begin(), shape.end(), ", ")), out);
}
