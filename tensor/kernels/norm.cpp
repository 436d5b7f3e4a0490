#include "tensor/kernels/norm.h"

#include <cmath>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/reduce.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/norm.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// The numbers at p, or `value` where p is null.
template <class P>
HWY_INLINE V load_or(real value, const real* p, int64_t i, P part) {
  return p != nullptr ? load(p + i, part) : set(value);
}

// mean and 1 / sqrt(var + eps) of a row; the mean goes first, so that large means cancel nothing.
void layer_norm_row(int64_t C, real eps, const real* x, const real* weight, const real* bias,
                    real* y, real* mean, real* rstd) {
  const double sum = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR { return load(x + i, part); });
  *mean = static_cast<real>(sum / static_cast<double>(C));
  const V m = set(*mean);
  const double squares = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR {
    const V centered = load(x + i, part, *mean) - m;
    return centered * centered;
  });
  *rstd = static_cast<real>(1 / std::sqrt(squares / static_cast<double>(C) + eps));
  const V r = set(*rstd);
  for_each_vector(C, [=](int64_t i, auto part) HWY_ATTR {
    const V xhat = (load(x + i, part) - m) * r;
    const V scaled = hn::MulAdd(xhat, load_or(1, weight, i, part), load_or(0, bias, i, part));
    store(scaled, y + i, part);
  });
}

// One row of dx, dweight and dbias; null ones are not wanted.
void layer_norm_backward_row(int64_t C, const real* x, const real* weight, real mean, real rstd,
                             const real* dy, real* dx, real* dweight, real* dbias) {
  const V m = set(mean);
  const V r = set(rstd);
  V sum_g = zero();
  V sum_g_xhat = zero();
  for_each_vector(C, [&](int64_t i, auto part) HWY_ATTR {
    const V xhat = (load(x + i, part) - m) * r;
    const V dy_i = load(dy + i, part);
    const V g = dy_i * load_or(1, weight, i, part);
    sum_g += g;
    sum_g_xhat = hn::MulAdd(g, xhat, sum_g_xhat);
    if (dweight) store(hn::MulAdd(dy_i, xhat, load(dweight + i, part)), dweight + i, part);
    if (dbias) store(dy_i + load(dbias + i, part), dbias + i, part);
  });
  if (!dx) return;
  const V C_inverse = set(1 / static_cast<real>(C));
  const V mean_g = hn::SumOfLanes(d, sum_g) * C_inverse;
  const V mean_g_xhat = hn::SumOfLanes(d, sum_g_xhat) * C_inverse;
  for_each_vector(C, [=](int64_t i, auto part) HWY_ATTR {
    const V xhat = (load(x + i, part) - m) * r;
    const V g = load(dy + i, part) * load_or(1, weight, i, part);
    const V inner = hn::NegMulAdd(xhat, mean_g_xhat, g - mean_g);
    store(hn::MulAdd(r, inner, load(dx + i, part)), dx + i, part);
  });
}

void rms_norm_row(int64_t C, real eps, const real* x, const real* weight, real* y, real* rstd) {
  const double squares = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR {
    const V v = load(x + i, part);
    return v * v;
  });
  *rstd = static_cast<real>(1 / std::sqrt(squares / static_cast<double>(C) + eps));
  const V r = set(*rstd);
  for_each_vector(C, [=](int64_t i, auto part) HWY_ATTR {
    store(load(x + i, part) * r * load_or(1, weight, i, part), y + i, part);
  });
}

void rms_norm_backward_row(int64_t C, const real* x, const real* weight, real rstd, const real* dy,
                           real* dx, real* dweight) {
  const V r = set(rstd);
  V sum_g_xhat = zero();
  for_each_vector(C, [&](int64_t i, auto part) HWY_ATTR {
    const V dy_xhat = load(dy + i, part) * (load(x + i, part) * r);
    sum_g_xhat = hn::MulAdd(dy_xhat, load_or(1, weight, i, part), sum_g_xhat);
    if (dweight) store(dy_xhat + load(dweight + i, part), dweight + i, part);
  });
  if (!dx) return;
  const V mean_g_xhat = hn::SumOfLanes(d, sum_g_xhat) * set(1 / static_cast<real>(C));
  for_each_vector(C, [=](int64_t i, auto part) HWY_ATTR {
    const V xhat = load(x + i, part) * r;
    const V g = load(dy + i, part) * load_or(1, weight, i, part);
    const V inner = hn::NegMulAdd(xhat, mean_g_xhat, g);
    store(hn::MulAdd(r, inner, load(dx + i, part)), dx + i, part);
  });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(layer_norm_row);
HWY_EXPORT(layer_norm_backward_row);
HWY_EXPORT(rms_norm_row);
HWY_EXPORT(rms_norm_backward_row);

namespace {

// The gradients of weight and bias are sums over all rows: every chunk of rows adds up its own in
// scratch memory, and the chunks are added in order.
class ParameterGradient {
 public:
  ParameterGradient(bool wanted, int64_t N, int64_t C)
      : chunks_(wanted ? ceil_div(N, chunk_rows) : 0),
        C_(C),
        partial_(static_cast<size_t>(chunks_ * C)) {}

  /// Where the chunk that holds row n adds up, or null.
  real* of_row(int64_t n) { return chunks_ == 0 ? nullptr : partial_.data() + n / chunk_rows * C_; }

  void add_to(real* dparameter) {
    if (chunks_ == 0) return;
    std::vector<real, CachingAllocator<real>> total(static_cast<size_t>(C_));
    sum(1, chunks_, C_, partial_.data(), total.data());
    add_scaled(C_, 1, total.data(), 1, dparameter, 1);
  }

  static constexpr int64_t chunk_rows = 32;

 private:
  int64_t chunks_;
  int64_t C_;
  std::vector<real, CachingAllocator<real>> partial_;
};

}  // namespace

void layer_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, const real* bias,
                real* y, real* mean, real* rstd) {
  if (use_reference()) return reference::layer_norm(N, C, eps, x, weight, bias, y, mean, rstd);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(layer_norm_row)
    (C, eps, x + n * C, weight, bias, y + n * C, mean + n, rstd + n);
  });
}

void layer_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* mean,
                         const real* rstd, const real* dy, real* dx, real* dweight, real* dbias) {
  if (use_reference()) {
    return reference::layer_norm_backward(N, C, x, weight, mean, rstd, dy, dx, dweight, dbias);
  }
  ParameterGradient weight_sum(dweight != nullptr, N, C);
  ParameterGradient bias_sum(dbias != nullptr, N, C);
  parallel_for(N, ParameterGradient::chunk_rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      HWY_DYNAMIC_DISPATCH(layer_norm_backward_row)
      (C, x + n * C, weight, mean[n], rstd[n], dy + n * C, dx ? dx + n * C : nullptr,
       weight_sum.of_row(n), bias_sum.of_row(n));
    }
  });
  weight_sum.add_to(dweight);
  bias_sum.add_to(dbias);
}

void rms_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, real* y,
              real* rstd) {
  if (use_reference()) return reference::rms_norm(N, C, eps, x, weight, y, rstd);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(rms_norm_row)(C, eps, x + n * C, weight, y + n * C, rstd + n);
  });
}

void rms_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* rstd,
                       const real* dy, real* dx, real* dweight) {
  if (use_reference()) {
    return reference::rms_norm_backward(N, C, x, weight, rstd, dy, dx, dweight);
  }
  ParameterGradient weight_sum(dweight != nullptr, N, C);
  parallel_for(N, ParameterGradient::chunk_rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      HWY_DYNAMIC_DISPATCH(rms_norm_backward_row)
      (C, x + n * C, weight, rstd[n], dy + n * C, dx ? dx + n * C : nullptr, weight_sum.of_row(n));
    }
  });
  weight_sum.add_to(dweight);
}

}  // namespace gradus::kernels
#endif
