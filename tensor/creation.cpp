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
  const real count = std::ceil((stop - start) / step);
  check_value(count >= 0, "arange: step {} leads from {} away from {}", step, start, stop);
  Tensor y(Shape{static_cast<int64_t>(count)});
  real* out = y.mutable_data();
  for (int64_t i = 0; i < y.numel(); ++i) out[i] = start + static_cast<real>(i) * step;
  return y;
}

Tensor arange(int64_t stop) { return arange(0, static_cast<real>(stop), 1); }

Tensor from_data(const Shape& shape, std::span<const real> values) {
  Tensor y(shape);
  check_shape(y.numel() == static_cast<int64_t>(values.size()),
              "from_data: {} values do not fill shape {}", values.size(), shape);
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
