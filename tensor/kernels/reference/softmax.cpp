#include "tensor/kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::kernels::reference {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Subtracting the row max changes nothing in softmax(x) but keeps exp() finite. A row that is -inf
// everywhere is left as it is: its exponentials are then 0 and not NaN.
double row_shift(int64_t C, const real* x) {
  double largest = -infinity;
  for (int64_t c = 0; c < C; ++c) largest = std::max(largest, static_cast<double>(x[c]));
  return largest == -infinity ? 0 : largest;
}

double sum_exp(int64_t C, const real* x, double shift) {
  double sum = 0;
  for (int64_t c = 0; c < C; ++c) sum += std::exp(x[c] - shift);
  return sum;
}

double log_sum_exp(int64_t C, const real* x) {
  const double shift = row_shift(C, x);
  return shift + std::log(sum_exp(C, x, shift));
}

double class_weight(const CrossEntropy& c, int64_t v) {
  return c.class_weight != nullptr ? c.class_weight[v] : 1;
}

}  // namespace

void softmax(int64_t N, int64_t C, const real* x, real* y) {
  for (int64_t n = 0; n < N; ++n, x += C, y += C) {
    const double shift = row_shift(C, x);
    const double sum = sum_exp(C, x, shift);
    const double scale = sum == 0 ? 0 : 1 / sum;
    for (int64_t c = 0; c < C; ++c) y[c] = static_cast<real>(std::exp(x[c] - shift) * scale);
  }
}

void softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx) {
  for (int64_t n = 0; n < N; ++n, y += C, dy += C, dx += C) {
    double dot = 0;
    for (int64_t c = 0; c < C; ++c) dot += static_cast<double>(dy[c]) * y[c];
    for (int64_t c = 0; c < C; ++c) dx[c] += static_cast<real>(y[c] * (dy[c] - dot));
  }
}

void log_softmax(int64_t N, int64_t C, const real* x, real* y) {
  for (int64_t n = 0; n < N; ++n, x += C, y += C) {
    const double lse = log_sum_exp(C, x);
    for (int64_t c = 0; c < C; ++c) {
      y[c] = static_cast<real>(lse == -infinity ? -infinity : x[c] - lse);
    }
  }
}

void log_softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx) {
  for (int64_t n = 0; n < N; ++n, y += C, dy += C, dx += C) {
    double sum = 0;
    for (int64_t c = 0; c < C; ++c) sum += dy[c];
    for (int64_t c = 0; c < C; ++c) {
      dx[c] += static_cast<real>(dy[c] - std::exp(static_cast<double>(y[c])) * sum);
    }
  }
}

void cross_entropy(const CrossEntropy& c, const real* logits, const int32_t* target, real* loss,
                   real* weight, real* lse) {
  for (int64_t n = 0; n < c.N; ++n) {
    loss[n] = weight[n] = lse[n] = 0;
    if (target[n] == c.ignore_index) continue;
    const real* x = logits + n * c.V;
    const double e = c.label_smoothing;
    const double row_lse = log_sum_exp(c.V, x);
    const double target_weight = class_weight(c, target[n]);

    double row_loss = (1 - e) * target_weight * (row_lse - x[target[n]]);
    if (e > 0) {
      double smooth = 0;
      for (int64_t v = 0; v < c.V; ++v) smooth += class_weight(c, v) * (row_lse - x[v]);
      row_loss += e / static_cast<double>(c.V) * smooth;
    }
    loss[n] = static_cast<real>(row_loss);
    weight[n] = static_cast<real>(target_weight);
    lse[n] = static_cast<real>(row_lse);
  }
}

void cross_entropy_backward(const CrossEntropy& c, const real* logits, const int32_t* target,
                            const real* lse, const real* dloss, real* dlogits) {
  const double e = c.label_smoothing;
  double weight_sum = 0;
  for (int64_t v = 0; v < c.V; ++v) weight_sum += class_weight(c, v);
  const double smooth = e / static_cast<double>(c.V);

  for (int64_t n = 0; n < c.N; ++n) {
    const real* x = logits + n * c.V;
    real* dx = dlogits + n * c.V;
    if (target[n] == c.ignore_index) {
      std::fill_n(dx, c.V, real(0));
      continue;
    }
    const double hard = (1 - e) * class_weight(c, target[n]);
    for (int64_t v = 0; v < c.V; ++v) {
      const double p = std::exp(static_cast<double>(x[v]) - lse[n]);
      const double wanted = smooth * class_weight(c, v) + (v == target[n] ? hard : 0);
      dx[v] = static_cast<real>(dloss[n] * ((hard + smooth * weight_sum) * p - wanted));
    }
  }
}

}  // namespace gradus::kernels::reference
