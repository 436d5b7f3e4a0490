#pragma once
// Normalisation over rows: x and y are (N, C) dense, weight and bias (C) or null (1 and 0), mean
// and rstd (N). Backward adds into dx, dweight and dbias; any of them may be null (not wanted).

#include "tensor/real.h"

namespace gradus::kernels {

/// y = (x - mean) * rstd * weight + bias,  rstd = 1 / sqrt(var + eps), var with 1/C
void layer_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, const real* bias,
                real* y, real* mean, real* rstd);
/// dx += rstd * (g - mean(g) - xhat * mean(g * xhat)),  g = dy * weight
/// dweight += sum over N of dy * xhat,  dbias += sum over N of dy
void layer_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* mean,
                         const real* rstd, const real* dy, real* dx, real* dweight, real* dbias);
/// y = x * rstd * weight,  rstd = 1 / sqrt(mean(x^2) + eps)
void rms_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, real* y,
              real* rstd);
/// dx += rstd * (g - xhat * mean(g * xhat)),  g = dy * weight,  xhat = x * rstd
void rms_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* rstd,
                       const real* dy, real* dx, real* dweight);

namespace reference {
void layer_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, const real* bias,
                real* y, real* mean, real* rstd);
void layer_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* mean,
                         const real* rstd, const real* dy, real* dx, real* dweight, real* dbias);
void rms_norm(int64_t N, int64_t C, real eps, const real* x, const real* weight, real* y,
              real* rstd);
void rms_norm_backward(int64_t N, int64_t C, const real* x, const real* weight, const real* rstd,
                       const real* dy, real* dx, real* dweight);
}  // namespace reference

}  // namespace gradus::kernels
