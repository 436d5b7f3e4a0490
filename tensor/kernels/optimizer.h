#pragma once
// Optimizer updates of n parameters w from their gradients g, in one pass over memory.

#include "tensor/kernels/bf16.h"

namespace gradus::kernels {

struct SgdUpdate {
  real lr, momentum, dampening, weight_decay;
  bool nesterov, first_step;  // the first step sets velocity = g
  real grad_scale = 1;        // g counts so many times: clipping without another pass
};
/// g' = grad_scale * g + weight_decay * w;  velocity = momentum * velocity + (1 - dampening) * g';
/// w -= lr * (nesterov ? g' + momentum * velocity : velocity). velocity is null without momentum.
void sgd(const SgdUpdate& u, int64_t n, const real* g, real* velocity, real* w);

struct AdamUpdate {
  real lr, beta1, beta2, eps, weight_decay;
  real correction1, correction2;  // 1 - beta^t, or 1 without bias correction
  bool decoupled;                 // AdamW: w -= lr * weight_decay * w; Adam: g += weight_decay * w
  real grad_scale = 1;            // multiplies g before all else
};
/// m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2;
/// w -= lr * (m / correction1) / (sqrt(v / correction2) + eps)
/// `rounded`, if not null, gets w in bfloat16, while w is in the caches.
void adam(const AdamUpdate& u, int64_t n, const real* g, real* m, real* v, real* w,
          bf16* rounded = nullptr);

namespace reference {
void sgd(const SgdUpdate& u, int64_t n, const real* g, real* velocity, real* w);
void adam(const AdamUpdate& u, int64_t n, const real* g, real* m, real* v, real* w);
}  // namespace reference

}  // namespace gradus::kernels
