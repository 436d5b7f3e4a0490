#pragma once
// Fresh tensors.

#include <initializer_list>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradus {

/// Uninitialised.
Tensor empty(const Shape& shape);
Tensor zeros(const Shape& shape);
Tensor ones(const Shape& shape);
Tensor full(const Shape& shape, real value);
/// A scalar, shape ().
Tensor scalar(real value);
/// start, start + step, ... before stop. Throws ValueError if step is 0 or leads away from stop.
Tensor arange(real start, real stop, real step = 1);
Tensor arange(int64_t stop);
/// Row-major values. Throws ShapeError unless they fill the shape.
Tensor from_data(const Shape& shape, std::span<const real> values);
Tensor from_data(const Shape& shape, std::initializer_list<real> values);
/// Uniform in [0, 1) / standard normal, from the default generator or from `draw`.
Tensor rand(const Shape& shape);
Tensor rand(const Shape& shape, Draw draw);
Tensor randn(const Shape& shape);
Tensor randn(const Shape& shape, Draw draw);

}  // namespace gradus
