#pragma once
// Tokens: integer ids with a shape. Ids are not numbers one computes with; they index tables.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/shape.h"

namespace gradus {

using Ids = std::vector<int32_t, CachingAllocator<int32_t>>;

struct Tokens {
  Shape shape;
  Ids ids;  // row-major

  Tokens() = default;
  /// `size` filled with `value`.
  explicit Tokens(const Shape& size, int32_t value = 0)
      : shape(size), ids(static_cast<size_t>(size.numel()), value) {}
  /// Throws ShapeError unless there is one id per element of the shape.
  Tokens(const Shape& size, std::span<const int32_t> values);
  Tokens(const Shape& size, std::initializer_list<int32_t> values)
      : Tokens(size, std::span(values.begin(), values.size())) {}

  int64_t numel() const { return static_cast<int64_t>(ids.size()); }
  int64_t dim(int i) const { return shape.dim(i); }
  int32_t* data() { return ids.data(); }
  const int32_t* data() const { return ids.data(); }
};

/// Throws ValueError naming `op` and the first id that is neither in [0, limit) nor `ignored`.
void check_ids(const char* op, const Tokens& tokens, int64_t limit,
               std::optional<int32_t> ignored = {});

}  // namespace gradus
