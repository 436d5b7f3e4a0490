#pragma once
// Shape: the sizes of a tensor's dimensions, kept inline so that making a tensor allocates
// nothing but its storage.

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <span>

#include "tensor/real.h"

namespace gradus {

class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes);
  explicit Shape(std::span<const int64_t> sizes);

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return sizes_[static_cast<size_t>(i)]; }
  int64_t& operator[](int i) { return sizes_[static_cast<size_t>(i)]; }
  /// Size of dimension i; negative i counts from the end. Throws ShapeError if there is none.
  int64_t dim(int i) const;
  /// Index of dimension i in [0, rank); negative i counts from the end. Throws ShapeError.
  int axis(int i) const;
  /// Product of all sizes, 1 for a scalar. Throws ShapeError if a size is negative, or if those
  /// above 0 do not multiply within 63 bits.
  int64_t numel() const;

  const int64_t* begin() const { return sizes_.data(); }
  const int64_t* end() const { return sizes_.data() + rank_; }
  bool operator==(const Shape& other) const;

  /// Copies with one dimension more, less, or of another size.
  Shape insert(int position, int64_t size) const;
  Shape erase(int position) const;
  Shape with(int position, int64_t size) const;

 private:
  std::array<int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// Distance in elements between neighbours along each dimension.
using Strides = Shape;

/// Row-major strides: the last dimension is dense.
Strides row_major(const Shape& shape);

/// NumPy's rule: align at the last dimension; sizes must be equal or one of them 1.
/// Throws ShapeError naming `op` and both shapes.
Shape broadcast(const char* op, const Shape& a, const Shape& b);

/// Strides that read a tensor of `shape` and `strides` as if it had shape `to`: 0 where it repeats.
Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& to);

}  // namespace gradus

/// A Shape prints as (2, 3).
template <>
struct fmt::formatter<gradus::Shape> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const gradus::Shape& shape, fmt::format_context& out) const;
};
