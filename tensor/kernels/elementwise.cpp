#include "tensor/kernels/elementwise.h"

#include <algorithm>
#include <cmath>

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/elementwise.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

void fill_dense(int64_t n, real value, real* y) {
  transform(n, y, [=]() HWY_ATTR { return set(value); });
}
void affine_dense(int64_t n, real alpha, const real* x, real beta, real* y) {
  transform(
      n, y, [=](V v) HWY_ATTR { return hn::MulAdd(set(alpha), v, set(beta)); }, x);
}
void add_scaled_dense(int64_t n, real alpha, const real* x, real* y) {
  transform(
      n, y, [=](V v, V sum) HWY_ATTR { return hn::MulAdd(set(alpha), v, sum); }, x, y);
}
void square_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return v * v; }, x);
}

void sqrt_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return hn::Sqrt(v); }, x);
}
void rsqrt_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return set(1) / hn::Sqrt(v); }, x);
}
void abs_dense(int64_t n, const real* x, real* y) {
  transform(
      n, y, [](V v) HWY_ATTR { return hn::Abs(v); }, x);
}
void sign_dense(int64_t n, const real* x, real* y) {
  const auto sign = [](V v) HWY_ATTR {
    return hn::IfThenElseZero(v > zero(), set(1)) - hn::IfThenElseZero(v < zero(), set(1));
  };
  transform(n, y, sign, x);
}
void relu_dense(int64_t n, const real* x, real* y) {  // a NaN is not < 0 and stays
  transform(
      n, y, [](V v) HWY_ATTR { return hn::IfThenZeroElse(v < zero(), v); }, x);
}
void relu_slope(int64_t n, const real* x, const real* dy, real* dx) {
  const auto step = [](V v, V g) HWY_ATTR { return hn::IfThenZeroElse(v <= zero(), g); };
  transform(n, dx, step, x, dy);
}

// y = f(a, b) for any steps. Dense and repeated operands feed the vectors directly; others are
// first made dense, a block at a time.
template <class F>
HWY_INLINE void binary(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b,
                       real* y, F f) {
  if (n == 0) return;
  if (step_a == 1 && step_b == 1) return transform(n, y, f, a, b);
  if (step_a == 1 && step_b == 0) {
    const V right = set(*b);
    return transform(
        n, y, [&](V left) HWY_ATTR { return f(left, right); }, a);
  }
  if (step_a == 0 && step_b == 1) {
    const V left = set(*a);
    return transform(
        n, y, [&](V right) HWY_ATTR { return f(left, right); }, b);
  }
  constexpr int64_t block = 256;
  real dense_a[block];
  real dense_b[block];
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t count = std::min(block, n - begin);
    for (int64_t i = 0; i < count; ++i) dense_a[i] = a[(begin + i) * step_a];
    for (int64_t i = 0; i < count; ++i) dense_b[i] = b[(begin + i) * step_b];
    transform(count, y + begin, f, static_cast<const real*>(dense_a),
              static_cast<const real*>(dense_b));
  }
}

void add_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR { return u + v; });
}
void sub_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR { return u - v; });
}
void mul_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR { return u * v; });
}
void div_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR { return u / v; });
}
// A NaN on either side wins, through u + v.
void max_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR {
    return hn::IfThenElse(hn::Or(hn::IsNaN(u), hn::IsNaN(v)), u + v, hn::Max(u, v));
  });
}
void min_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y, [](V u, V v) HWY_ATTR {
    return hn::IfThenElse(hn::Or(hn::IsNaN(u), hn::IsNaN(v)), u + v, hn::Min(u, v));
  });
}
void equal_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y,
         [](V u, V v) HWY_ATTR { return hn::IfThenElseZero(u == v, set(1)); });
}
void less_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  binary(n, a, step_a, b, step_b, y,
         [](V u, V v) HWY_ATTR { return hn::IfThenElseZero(u < v, set(1)); });
}
void less_equal_row(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b,
                    real* y) {
  binary(n, a, step_a, b, step_b, y,
         [](V u, V v) HWY_ATTR { return hn::IfThenElseZero(u <= v, set(1)); });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(fill_dense);
HWY_EXPORT(affine_dense);
HWY_EXPORT(add_scaled_dense);
HWY_EXPORT(square_dense);
HWY_EXPORT(sqrt_dense);
HWY_EXPORT(rsqrt_dense);
HWY_EXPORT(abs_dense);
HWY_EXPORT(sign_dense);
HWY_EXPORT(relu_dense);
HWY_EXPORT(relu_slope);
HWY_EXPORT(add_row);
HWY_EXPORT(sub_row);
HWY_EXPORT(mul_row);
HWY_EXPORT(div_row);
HWY_EXPORT(max_row);
HWY_EXPORT(min_row);
HWY_EXPORT(equal_row);
HWY_EXPORT(less_row);
HWY_EXPORT(less_equal_row);

namespace {

void launch_binary(Binary* plain, Binary* fast, int64_t n, const real* a, int64_t step_a,
                   const real* b, int64_t step_b, real* y) {
  if (use_reference()) return plain(n, a, step_a, b, step_b, y);
  parallel_for(n, chunk_elements, [=](int64_t begin, int64_t end) {
    fast(end - begin, a + begin * step_a, step_a, b + begin * step_b, step_b, y + begin);
  });
}

}  // namespace

void fill(int64_t n, real value, real* y) {
  parallel_for(n, chunk_elements, [=](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(fill_dense)(end - begin, value, y + begin);
  });
}

void copy(int64_t n, const real* x, int64_t step_x, real* y, int64_t step_y) {
  if (step_x == 0 && step_y == 1 && n > 0) return fill(n, *x, y);
  const int64_t grain = step_y == 0 ? n : chunk_elements;  // one target: the last element stays
  parallel_for(n, std::max<int64_t>(1, grain), [=](int64_t begin, int64_t end) {
    if (step_x == 1 && step_y == 1) {
      std::copy(x + begin, x + end, y + begin);
    } else {
      for (int64_t i = begin; i < end; ++i) y[i * step_y] = x[i * step_x];
    }
  });
}

void affine(int64_t n, real alpha, const real* x, real beta, real* y) {
  if (use_reference()) return reference::affine(n, alpha, x, beta, y);
  parallel_for(n, chunk_elements, [=](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(affine_dense)(end - begin, alpha, x + begin, beta, y + begin);
  });
}

void add_scaled(int64_t n, real alpha, const real* x, int64_t step_x, real* y, int64_t step_y) {
  if (use_reference() || step_y == 0) {  // one target: the terms are added in order
    return reference::add_scaled(n, alpha, x, step_x, y, step_y);
  }
  parallel_for(n, chunk_elements, [=](int64_t begin, int64_t end) {
    const int64_t count = end - begin;
    const real* from = x + begin * step_x;
    real* to = y + begin * step_y;
    if (step_x == 1 && step_y == 1) {
      HWY_DYNAMIC_DISPATCH(add_scaled_dense)(count, alpha, from, to);
    } else if (step_x == 0 && step_y == 1) {
      HWY_DYNAMIC_DISPATCH(affine_dense)(count, 1, to, alpha * *from, to);
    } else {
      reference::add_scaled(count, alpha, from, step_x, to, step_y);
    }
  });
}

void pow_scalar(int64_t n, const real* x, real exponent, real* y) {
  if (use_reference()) return reference::pow_scalar(n, x, exponent, y);
  parallel_for(n, chunk_elements, [=](int64_t begin, int64_t end) {
    if (exponent == 2) {
      HWY_DYNAMIC_DISPATCH(square_dense)(end - begin, x + begin, y + begin);
    } else {
      for (int64_t i = begin; i < end; ++i) y[i] = std::pow(x[i], exponent);
    }
  });
}

void sqrt(int64_t n, const real* x, real* y) {
  launch(reference::sqrt, HWY_DYNAMIC_DISPATCH(sqrt_dense), n, x, y);
}
void rsqrt(int64_t n, const real* x, real* y) {
  launch(reference::rsqrt, HWY_DYNAMIC_DISPATCH(rsqrt_dense), n, x, y);
}
void abs(int64_t n, const real* x, real* y) {
  launch(reference::abs, HWY_DYNAMIC_DISPATCH(abs_dense), n, x, y);
}
void sign(int64_t n, const real* x, real* y) {
  launch(reference::sign, HWY_DYNAMIC_DISPATCH(sign_dense), n, x, y);
}
void relu(int64_t n, const real* x, real* y) {
  launch(reference::relu, HWY_DYNAMIC_DISPATCH(relu_dense), n, x, y);
}
void relu_backward(int64_t n, const real* x, const real* dy, real* dx) {
  launch(reference::relu_backward, HWY_DYNAMIC_DISPATCH(relu_slope), n, x, dy, dx);
}

void add(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::add, HWY_DYNAMIC_DISPATCH(add_row), n, a, step_a, b, step_b, y);
}
void sub(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::sub, HWY_DYNAMIC_DISPATCH(sub_row), n, a, step_a, b, step_b, y);
}
void mul(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::mul, HWY_DYNAMIC_DISPATCH(mul_row), n, a, step_a, b, step_b, y);
}
void div(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::div, HWY_DYNAMIC_DISPATCH(div_row), n, a, step_a, b, step_b, y);
}
void max(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::max, HWY_DYNAMIC_DISPATCH(max_row), n, a, step_a, b, step_b, y);
}
void min(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::min, HWY_DYNAMIC_DISPATCH(min_row), n, a, step_a, b, step_b, y);
}
void equal(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::equal, HWY_DYNAMIC_DISPATCH(equal_row), n, a, step_a, b, step_b, y);
}
void less(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::less, HWY_DYNAMIC_DISPATCH(less_row), n, a, step_a, b, step_b, y);
}
void less_equal(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::less_equal, HWY_DYNAMIC_DISPATCH(less_equal_row), n, a, step_a, b,
                step_b, y);
}
void pow(int64_t n, const real* a, int64_t step_a, const real* b, int64_t step_b, real* y) {
  launch_binary(reference::pow, reference::pow, n, a, step_a, b, step_b, y);
}

}  // namespace gradus::kernels
#endif
