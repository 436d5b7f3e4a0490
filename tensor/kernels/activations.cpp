// Functions of one number and their derivatives: the part of elementwise.h that needs exp and erf.

#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/mode.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/activations.cpp"
#include "tensor/kernels/simd.h"
#include "tensor/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// dx = dy * slope(x)
template <class F>
HWY_INLINE void times_slope(int64_t n, const real* x, const real* dy, real* dx, F slope) {
  const auto step = [&](V v, V g) HWY_ATTR { return g * slope(v); };
  transform(n, dx, step, x, dy);
}

// 0.5 (1 + tanh(u)) = sigmoid(2u), so that GELU's approximation is x * sigmoid(x (a + b x^2)).
constexpr real gelu_a = static_cast<real>(1.5957691216057307117597842397375);  // 2 sqrt(2 / pi)
constexpr real gelu_b = static_cast<real>(1.5957691216057307117597842397375 * 0.044715);

void exp_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return exp(v); }, x);
}
void log_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return log(v); }, x);
}
void tanh_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return tanh(v); }, x);
}
void sigmoid_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return sigmoid(v); }, x);
}
void silu_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return v * sigmoid(v); }, x);
}
void gelu_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return v * normal_distribution(v).cdf; }, x);
}
void gelu_tanh_dense(int64_t n, const real* x, real* y) {
  const auto gelu = [](V v) HWY_ATTR {
    return v * sigmoid(v * hn::MulAdd(v * v, set(gelu_b), set(gelu_a)));
  };
  transform(n, y, gelu, x);
}

void tanh_slope(int64_t n, const real* y, const real* dy, real* dx) {
  times_slope(n, y, dy, dx, [](V t) HWY_ATTR { return hn::NegMulAdd(t, t, set(1)); });
}
void sigmoid_slope(int64_t n, const real* y, const real* dy, real* dx) {
  times_slope(n, y, dy, dx, [](V s) HWY_ATTR { return s * (set(1) - s); });
}
void silu_slope(int64_t n, const real* x, const real* dy, real* dx) {
  const auto slope = [](V v) HWY_ATTR {
    const V s = sigmoid(v);
    return s * hn::MulAdd(v, set(1) - s, set(1));
  };
  times_slope(n, x, dy, dx, slope);
}
void gelu_slope(int64_t n, const real* x, const real* dy, real* dx) {
  const auto slope = [](V v) HWY_ATTR {
    const Normal normal = normal_distribution(v);
    return hn::MulAdd(v, normal.density, normal.cdf);
  };
  times_slope(n, x, dy, dx, slope);
}
void gelu_tanh_slope(int64_t n, const real* x, const real* dy, real* dx) {
  // With s = sigmoid(x (a + b x^2)):  s + x s (1 - s) (a + 3 b x^2). Beyond 40, s is 0 or 1 and x^2
  // is kept from overflowing. Min and Max return their second operand if one is a NaN.
  const auto slope = [](V v) HWY_ATTR {
    const V bounded = hn::Min(set(40), hn::Max(set(-40), v));
    const V square = bounded * bounded;
    const V s = sigmoid(bounded * hn::MulAdd(square, set(gelu_b), set(gelu_a)));
    const V argument_slope = hn::MulAdd(square, set(3 * gelu_b), set(gelu_a));
    return hn::MulAdd(v * s, (set(1) - s) * argument_slope, s);
  };
  times_slope(n, x, dy, dx, slope);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(exp_dense);
HWY_EXPORT(log_dense);
HWY_EXPORT(tanh_dense);
HWY_EXPORT(sigmoid_dense);
HWY_EXPORT(silu_dense);
HWY_EXPORT(gelu_dense);
HWY_EXPORT(gelu_tanh_dense);
HWY_EXPORT(tanh_slope);
HWY_EXPORT(sigmoid_slope);
HWY_EXPORT(silu_slope);
HWY_EXPORT(gelu_slope);
HWY_EXPORT(gelu_tanh_slope);

void exp(int64_t n, const real* x, real* y) {
  launch(reference::exp, HWY_DYNAMIC_DISPATCH(exp_dense), n, x, y);
}
void log(int64_t n, const real* x, real* y) {
  launch(reference::log, HWY_DYNAMIC_DISPATCH(log_dense), n, x, y);
}
void tanh(int64_t n, const real* x, real* y) {
  launch(reference::tanh, HWY_DYNAMIC_DISPATCH(tanh_dense), n, x, y);
}
void sigmoid(int64_t n, const real* x, real* y) {
  launch(reference::sigmoid, HWY_DYNAMIC_DISPATCH(sigmoid_dense), n, x, y);
}
void silu(int64_t n, const real* x, real* y) {
  launch(reference::silu, HWY_DYNAMIC_DISPATCH(silu_dense), n, x, y);
}
void gelu(int64_t n, const real* x, real* y) {
  launch(reference::gelu, HWY_DYNAMIC_DISPATCH(gelu_dense), n, x, y);
}
void gelu_tanh(int64_t n, const real* x, real* y) {
  launch(reference::gelu_tanh, HWY_DYNAMIC_DISPATCH(gelu_tanh_dense), n, x, y);
}

void tanh_backward(int64_t n, const real* y, const real* dy, real* dx) {
  launch(reference::tanh_backward, HWY_DYNAMIC_DISPATCH(tanh_slope), n, y, dy, dx);
}
void sigmoid_backward(int64_t n, const real* y, const real* dy, real* dx) {
  launch(reference::sigmoid_backward, HWY_DYNAMIC_DISPATCH(sigmoid_slope), n, y, dy, dx);
}
void silu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  launch(reference::silu_backward, HWY_DYNAMIC_DISPATCH(silu_slope), n, x, dy, dx);
}
void gelu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  launch(reference::gelu_backward, HWY_DYNAMIC_DISPATCH(gelu_slope), n, x, dy, dx);
}
void gelu_tanh_backward(int64_t n, const real* x, const real* dy, real* dx) {
  launch(reference::gelu_tanh_backward, HWY_DYNAMIC_DISPATCH(gelu_tanh_slope), n, x, dy, dx);
}

}  // namespace gradus::kernels
#endif
