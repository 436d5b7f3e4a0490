#include "tensor/kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/softmax.cpp"
#include "tensor/kernels/simd.h"
#include "tensor/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// Subtracting the row max changes nothing in softmax(x) but keeps exp() finite. A row that is -inf
// everywhere is left as it is: its exponentials are then 0 and not NaN.
HWY_INLINE real row_shift(int64_t C, const real* x) {
  const real largest = max_of(C, x);
  return largest == -infinity ? 0 : largest;
}

// log(sum(exp(x)))
real log_sum_exp(int64_t C, const real* x) {
  const real shift = row_shift(C, x);
  const double sum = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR {
    return exp(load(x + i, part, -infinity) - set(shift));
  });
  return static_cast<real>(shift + std::log(sum));
}

void softmax_row(int64_t C, const real* x, real* y) {
  const real shift = row_shift(C, x);
  const double sum = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR {
    const V e = exp(load(x + i, part, -infinity) - set(shift));
    store(e, y + i, part);
    return e;
  });
  const real scale = sum == 0 ? 0 : static_cast<real>(1 / sum);
  transform(
      C, y, [=](V e) HWY_ATTR { return e * set(scale); }, y);
}

void softmax_backward_row(int64_t C, const real* y, const real* dy, real* dx) {
  const double dot = sum_terms(
      C, [=](int64_t i, auto part) HWY_ATTR { return load(y + i, part) * load(dy + i, part); });
  const V mean = set(static_cast<real>(dot));
  const auto step = [=](V p, V g, V sum) HWY_ATTR { return hn::MulAdd(p, g - mean, sum); };
  transform(C, dx, step, y, dy, dx);
}

void log_softmax_row(int64_t C, const real* x, real* y) {
  const real shift = row_shift(C, x);
  const double sum = sum_terms(C, [=](int64_t i, auto part) HWY_ATTR {
    return exp(load(x + i, part, -infinity) - set(shift));
  });
  // Two subtractions: shift and log(sum) may differ so much in size that their sum would round.
  const V log_sum = set(sum == 0 ? 0 : static_cast<real>(std::log(sum)));
  transform(
      C, y, [=](V v) HWY_ATTR { return (v - set(shift)) - log_sum; }, x);
}

void log_softmax_backward_row(int64_t C, const real* y, const real* dy, real* dx) {
  const double sum =
      sum_terms(C, [=](int64_t i, auto part) HWY_ATTR { return load(dy + i, part); });
  const V total = set(static_cast<real>(sum));
  const auto step = [=](V log_p, V g, V old)
                        HWY_ATTR { return old + hn::NegMulAdd(exp(log_p), total, g); };
  transform(C, dx, step, y, dy, dx);
}

// sum over v of w[v] * (lse - x[v]); w null means 1.
double smooth_loss(int64_t V_size, const real* x, const real* w, real lse) {
  return sum_terms(V_size, [=](int64_t i, auto part) HWY_ATTR {
    const V excess = set(lse) - load(x + i, part, lse);
    return w != nullptr ? load(w + i, part) * excess : excess;
  });
}

// dx = a * exp(x - lse) - b * w; w null means 1
void cross_entropy_slope(int64_t V_size, const real* x, const real* w, real lse, real a, real b,
                         real* dx) {
  const auto slope = [=](V v, V weight) HWY_ATTR {
    return hn::MulSub(set(a), exp(v - set(lse)), set(b) * weight);
  };
  if (w != nullptr) return transform(V_size, dx, slope, x, w);
  transform(
      V_size, dx, [=](V v) HWY_ATTR { return slope(v, set(1)); }, x);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(log_sum_exp);
HWY_EXPORT(softmax_row);
HWY_EXPORT(softmax_backward_row);
HWY_EXPORT(log_softmax_row);
HWY_EXPORT(log_softmax_backward_row);
HWY_EXPORT(smooth_loss);
HWY_EXPORT(cross_entropy_slope);

void softmax(int64_t N, int64_t C, const real* x, real* y) {
  if (use_reference()) return reference::softmax(N, C, x, y);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(softmax_row)(C, x + n * C, y + n * C);
  });
}

void softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx) {
  if (use_reference()) return reference::softmax_backward(N, C, y, dy, dx);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(softmax_backward_row)(C, y + n * C, dy + n * C, dx + n * C);
  });
}

void log_softmax(int64_t N, int64_t C, const real* x, real* y) {
  if (use_reference()) return reference::log_softmax(N, C, x, y);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(log_softmax_row)(C, x + n * C, y + n * C);
  });
}

void log_softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx) {
  if (use_reference()) return reference::log_softmax_backward(N, C, y, dy, dx);
  parallel_rows(N, C, [=](int64_t n) {
    HWY_DYNAMIC_DISPATCH(log_softmax_backward_row)(C, y + n * C, dy + n * C, dx + n * C);
  });
}

void cross_entropy(const CrossEntropy& c, const real* logits, const int32_t* target, real* loss,
                   real* weight, real* lse) {
  if (use_reference()) return reference::cross_entropy(c, logits, target, loss, weight, lse);
  parallel_rows(c.N, c.V, [&, e = c.label_smoothing, w = c.class_weight](int64_t n) {
    loss[n] = weight[n] = lse[n] = 0;
    if (target[n] == c.ignore_index) return;
    const real* x = logits + n * c.V;
    lse[n] = HWY_DYNAMIC_DISPATCH(log_sum_exp)(c.V, x);
    weight[n] = w != nullptr ? w[target[n]] : 1;
    loss[n] = (1 - e) * weight[n] * (lse[n] - x[target[n]]);
    if (e > 0) {
      const double smooth = HWY_DYNAMIC_DISPATCH(smooth_loss)(c.V, x, w, lse[n]);
      loss[n] += static_cast<real>(e / static_cast<double>(c.V) * smooth);
    }
  });
}

// With p = exp(x - lse) and W = sum(w), the derivative of the loss is
//   ((1 - e) w[t] + e W / V) p[v] - e / V w[v] - (v == t) (1 - e) w[t].
void cross_entropy_backward(const CrossEntropy& c, const real* logits, const int32_t* target,
                            const real* lse, const real* dloss, real* dlogits) {
  if (use_reference()) {
    return reference::cross_entropy_backward(c, logits, target, lse, dloss, dlogits);
  }
  const real* w = c.class_weight;
  const double smooth = static_cast<double>(c.label_smoothing) / static_cast<double>(c.V);
  double weight_sum = static_cast<double>(c.V);
  if (w != nullptr) weight_sum = std::accumulate(w, w + c.V, 0.0);

  parallel_rows(c.N, c.V, [&](int64_t n) {
    real* dx = dlogits + n * c.V;
    if (target[n] == c.ignore_index) {
      std::fill_n(dx, c.V, real(0));
      return;
    }
    const double hard = (1 - static_cast<double>(c.label_smoothing)) *
                        static_cast<double>(w != nullptr ? w[target[n]] : 1);
    const double g = dloss[n];
    HWY_DYNAMIC_DISPATCH(cross_entropy_slope)
    (c.V, logits + n * c.V, w, lse[n], static_cast<real>(g * (hard + smooth * weight_sum)),
     static_cast<real>(g * smooth), dx);
    dx[target[n]] -= static_cast<real>(g * hard);
  });
}

}  // namespace gradus::kernels
#endif
