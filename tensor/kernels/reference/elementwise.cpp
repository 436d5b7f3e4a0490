#include "tensor/kernels/elementwise.h"

#include <cmath>
#include <numbers>

// Every formula is evaluated in double and rounded once.

namespace gradus::kernels::reference {
namespace {

using std::numbers::inv_sqrtpi;
using std::numbers::pi;
using std::numbers::sqrt2;

template <class F>
void map(int64_t n, const real* x, real* y, F f) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<real>(f(static_cast<double>(x[i])));
}

template <class F>
void map(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y, F f) {
  for (int64_t i = 0; i < n; ++i) {
    const double left = a[i * step_a];
    const double right = b[i * step_b];
    y[i] = static_cast<real>(f(left, right));
  }
}

// dx = dy * derivative(x)
template <class F>
void times_slope(int64_t n, const real* x, const real* dy, real* dx, F derivative) {
  for (int64_t i = 0; i < n; ++i) {
    const double slope = derivative(static_cast<double>(x[i]));
    dx[i] = static_cast<real>(dy[i] * slope);
  }
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// Standard normal distribution: density and distribution function.
double normal_density(double x) { return std::exp(-x * x / 2) * inv_sqrtpi / sqrt2; }
double normal_cdf(double x) { return 0.5 * std::erfc(-x / sqrt2); }

// The argument of tanh in GELU's approximation (Hendrycks & Gimpel 2016, §2), and its derivative.
double gelu_argument(double x) { return std::sqrt(2 / pi) * (x + 0.044715 * x * x * x); }
double gelu_argument_slope(double x) { return std::sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x); }

// A NaN on either side wins.
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }
double smaller(double a, double b) { return std::isnan(a) || a < b ? a : b; }

}  // namespace

void affine(int64_t n, real alpha, const real* x, real beta, real* y) {
  map(n, x, y, [=](double v) { return alpha * v + beta; });
}

void add_scaled(int64_t n, real alpha, const real* x, int64_t step_x, real* y, int64_t step_y) {
  for (int64_t i = 0; i < n; ++i) y[i * step_y] += alpha * x[i * step_x];
}

void pow_scalar(int64_t n, const real* x, real exponent, real* y) {
  map(n, x, y, [=](double v) { return std::pow(v, static_cast<double>(exponent)); });
}

void exp(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return std::exp(v); });
}
void log(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return std::log(v); });
}
void sqrt(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return std::sqrt(v); });
}
void rsqrt(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return 1 / std::sqrt(v); });
}
void abs(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return std::abs(v); });
}
void sign(int64_t n, const real* x, real* y) {  // 0 for a NaN, as in PyTorch
  map(n, x, y, [](double v) { return (v > 0 ? 1 : 0) - (v < 0 ? 1 : 0); });
}
void tanh(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return std::tanh(v); });
}
void sigmoid(int64_t n, const real* x, real* y) { map(n, x, y, logistic); }
void relu(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return v < 0 ? 0 : v; });
}
void gelu(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return v * normal_cdf(v); });
}
void gelu_tanh(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return 0.5 * v * (1 + std::tanh(gelu_argument(v))); });
}
void silu(int64_t n, const real* x, real* y) {
  map(n, x, y, [](double v) { return v * logistic(v); });
}

void relu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  times_slope(n, x, dy, dx, [](double v) { return v <= 0 ? 0 : 1; });
}
void gelu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  times_slope(n, x, dy, dx, [](double v) { return normal_cdf(v) + v * normal_density(v); });
}
void gelu_tanh_backward(int64_t n, const real* x, const real* dy, real* dx) {
  times_slope(n, x, dy, dx, [](double v) {
    const double u = gelu_argument(v);
    const double tanh_slope = 1 / (std::cosh(u) * std::cosh(u));  // 1 - tanh^2 would cancel
    return 0.5 * (1 + std::tanh(u)) + 0.5 * v * tanh_slope * gelu_argument_slope(v);
  });
}
void silu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  times_slope(n, x, dy, dx, [](double v) {
    const double s = logistic(v);
    return s * (1 + v * (1 - s));
  });
}
void tanh_backward(int64_t n, const real* y, const real* dy, real* dx) {
  times_slope(n, y, dy, dx, [](double t) { return 1 - t * t; });
}
void sigmoid_backward(int64_t n, const real* y, const real* dy, real* dx) {
  times_slope(n, y, dy, dx, [](double s) { return s * (1 - s); });
}

void add(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u + v; });
}
void sub(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u - v; });
}
void mul(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u * v; });
}
void div(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u / v; });
}
void pow(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return std::pow(u, v); });
}
void max(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, larger);
}
void min(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, smaller);
}
void equal(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u == v; });
}
void less(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u < v; });
}
void less_equal(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  map(n, a, step_a, b, step_b, y, [](double u, double v) { return u <= v; });
}

}  // namespace gradus::kernels::reference
