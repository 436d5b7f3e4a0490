#include "tensor/kernels/norm.h"

#include <cmath>

namespace gradus::kernels::reference {
namespace {

double weight_at(const real* weight, int64_t c) { return weight != nullptr ? weight[c] : 1; }
double bias_at(const real* bias, int64_t c) { return bias != nullptr ? bias[c] : 0; }

}  // namespace

void layer_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, const real* bias,
                real* y, real* mean, real* rstd) {
  for (int64_t n = 0; n < N; ++n, x += C, y += C) {
    double m = 0;
    for (int64_t c = 0; c < C; ++c) m += x[c];
    m /= static_cast<double>(C);

    double variance = 0;
    for (int64_t c = 0; c < C; ++c) variance += (x[c] - m) * (x[c] - m);
    variance /= static_cast<double>(C);

    const double r = 1 / std::sqrt(variance + eps);
    for (int64_t c = 0; c < C; ++c) {
      y[c] = static_cast<real>((x[c] - m) * r * weight_at(weight, c) + bias_at(bias, c));
    }
    mean[n] = static_cast<real>(m);
    rstd[n] = static_cast<real>(r);
  }
}

void layer_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* mean,
                         const real* rstd, const real* dy, real* dx, real* dweight, real* dbias) {
  for (int64_t n = 0; n < N; ++n, x += C, dy += C) {
    const double m = mean[n];
    const double r = rstd[n];
    double mean_g = 0;
    double mean_g_xhat = 0;
    for (int64_t c = 0; c < C; ++c) {
      const double xhat = (x[c] - m) * r;
      const double g = dy[c] * weight_at(weight, c);
      mean_g += g / static_cast<double>(C);
      mean_g_xhat += g * xhat / static_cast<double>(C);
    }
    for (int64_t c = 0; c < C; ++c) {
      const double xhat = (x[c] - m) * r;
      const double g = dy[c] * weight_at(weight, c);
      if (dx) dx[n * C + c] += static_cast<real>(r * (g - mean_g - xhat * mean_g_xhat));
      if (dweight) dweight[c] += static_cast<real>(dy[c] * xhat);
      if (dbias) dbias[c] += dy[c];
    }
  }
}

void rms_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, real* y,
              real* rstd) {
  for (int64_t n = 0; n < N; ++n, x += C, y += C) {
    double mean_square = 0;
    for (int64_t c = 0; c < C; ++c) mean_square += static_cast<double>(x[c]) * x[c];
    mean_square /= static_cast<double>(C);

    const double r = 1 / std::sqrt(mean_square + eps);
    for (int64_t c = 0; c < C; ++c) y[c] = static_cast<real>(x[c] * r * weight_at(weight, c));
    rstd[n] = static_cast<real>(r);
  }
}

void rms_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* rstd,
                       const real* dy, real* dx, real* dweight) {
  for (int64_t n = 0; n < N; ++n, x += C, dy += C) {
    const double r = rstd[n];
    double mean_g_xhat = 0;
    for (int64_t c = 0; c < C; ++c) {
      mean_g_xhat += dy[c] * weight_at(weight, c) * (x[c] * r) / static_cast<double>(C);
    }
    for (int64_t c = 0; c < C; ++c) {
      const double xhat = x[c] * r;
      const double g = dy[c] * weight_at(weight, c);
      if (dx) dx[n * C + c] += static_cast<real>(r * (g - xhat * mean_g_xhat));
      if (dweight) dweight[c] += static_cast<real>(dy[c] * xhat);
    }
  }
}

}  // namespace gradus::kernels::reference
