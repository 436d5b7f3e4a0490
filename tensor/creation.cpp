#include "tensor/creation.h"

#include <cmath>

#include "tensor/errors.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/random.h"

namespace gradus {

Tensor empty(const Shape& shape) { return Tensor(shape); }
Tensor zeros(const Shape& shape) { return full(shape, 0); }
Tensor ones(const Shape& shape) { return full(shape, 1); }
Tensor scalar(real value) { return full({}, value); }

Tensor full(const Shape& shape, real value) {
  Tensor y(shape);
  if (!y.is_meta()) kernels::fill(y.numel(), value, y.mutable_data());
  return y;
}

Tensor arange(real start, real stop, real step) {
  check_value(step != 0 && std::isfinite(step), "arange: step {} must be finite and not 0", step);
  const double distance = static_cast<double>(stop) - static_cast<double>(start);
  const double count = std::ceil(distance / static_cast<double>(step));
  check_value(count >= 0 && std::isfinite(count), "arange: step {} does not lead from {} to {}",
              step, start, stop);
  check_value(count < 0x1p62, "arange: {} numbers are too many", count);
  Tensor y(Shape{static_cast<int64_t>(count)});
  real* out = y.mutable_data();
  for (int64_t i = 0; i < y.numel(); ++i) out[i] = start + static_cast<real>(i) * step;
  return y;
}

Tensor arange(int64_t stop) {
  Tensor y(Shape{stop});
  real* out = y.mutable_data();
  for (int64_t i = 0; i < stop; ++i) out[i] = static_cast<real>(i);
  return y;
}

Tensor from_data(const Shape& shape, std::span<const real> values) {
  check_shape(shape.numel() == static_cast<int64_t>(values.size()),
              "from_data: {} values do not fill shape {}", values.size(), shape);
  Tensor y(shape);
  std::copy(values.begin(), values.end(), y.mutable_data());
  return y;
}

Tensor from_data(const Shape& shape, std::initializer_list<real> values) {
  return from_data(shape, std::span(values.begin(), values.size()));
}

Tensor rand(const Shape& shape) { return rand(shape, default_generator().next()); }
Tensor randn(const Shape& shape) { return randn(shape, default_generator().next()); }

Tensor rand(const Shape& shape, Draw draw) {
  Tensor y(shape);
  if (!y.is_meta()) kernels::uniform(draw, y.numel(), y.mutable_data());
  return y;
}

Tensor randn(const Shape& shape, Draw draw) {
  Tensor y(shape);
  if (!y.is_meta()) kernels::normal(draw, y.numel(), y.mutable_data());
  return y;
}

}  // namespace gradus
