#pragma once
// Softmax over rows. N rows of C numbers, dense.

#include "tensor/real.h"

namespace gradus::kernels {

/// y = exp(x - max(x)) / sum(exp(x - max(x))). A row that is -inf everywhere gives zeros.
void softmax(int64_t N, int64_t C, const real* x, real* y);
/// dx += y * (dy - sum(dy * y))
void softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx);
/// y = x - max(x) - log(sum(exp(x - max(x))))
void log_softmax(int64_t N, int64_t C, const real* x, real* y);
/// dx += dy - exp(y) * sum(dy)
void log_softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx);

/// Cross-entropy of logits (N, V) against target ids (N); rows whose target is `ignore_index`
/// have weight 0. With label smoothing e, class weights w (V or null) and lse = log(sum(exp(x))):
///   loss[n]   = (1 - e) * w[t] * (lse - x[t]) + e / V * sum over v of w[v] * (lse - x[v])
///   weight[n] = w[t]
/// lse (N) is saved for backward.
struct CrossEntropy {
  int64_t N, V;
  int32_t ignore_index;
  real label_smoothing;
  const real* class_weight;
};
void cross_entropy(const CrossEntropy& c, const real* logits, const int32_t* target, real* loss,
                   real* weight, real* lse);
/// dlogits = dloss[n] * d loss[n] / d logits. It may be logits itself.
void cross_entropy_backward(const CrossEntropy& c, const real* logits, const int32_t* target,
                            const real* lse, const real* dloss, real* dlogits);

namespace reference {
void softmax(int64_t N, int64_t C, const real* x, real* y);
void softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx);
void log_softmax(int64_t N, int64_t C, const real* x, real* y);
void log_softmax_backward(int64_t N, int64_t C, const real* y, const real* dy, real* dx);
void cross_entropy(const CrossEntropy& c, const real* logits, const int32_t* target, real* loss,
                   real* weight, real* lse);
void cross_entropy_backward(const CrossEntropy& c, const real* logits, const int32_t* target,
                            const real* lse, const real* dloss, real* dlogits);
}  // namespace reference

}  // namespace gradus::kernels
