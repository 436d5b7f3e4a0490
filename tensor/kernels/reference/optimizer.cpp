#include "tensor/kernels/optimizer.h"

#include <cmath>

namespace gradus::kernels::reference {

void sgd(const SgdUpdate& u, int64_t n, const real* g, real* velocity, real* w) {
  for (int64_t i = 0; i < n; ++i) {
    const real gradient = u.grad_scale * g[i] + u.weight_decay * w[i];
    real step = gradient;
    if (velocity != nullptr) {
      velocity[i] =
          u.first_step ? gradient : u.momentum * velocity[i] + (1 - u.dampening) * gradient;
      step = u.nesterov ? gradient + u.momentum * velocity[i] : velocity[i];
    }
    w[i] -= u.lr * step;
  }
}

void adam(const AdamUpdate& u, int64_t n, const real* g, real* m, real* v, real* w) {
  for (int64_t i = 0; i < n; ++i) {
    real gradient = u.grad_scale * g[i];
    if (u.decoupled) {
      w[i] -= u.lr * u.weight_decay * w[i];
    } else {
      gradient += u.weight_decay * w[i];
    }
    m[i] = u.beta1 * m[i] + (1 - u.beta1) * gradient;
    v[i] = u.beta2 * v[i] + (1 - u.beta2) * gradient * gradient;
    w[i] -= u.lr * (m[i] / u.correction1) / (std::sqrt(v[i] / u.correction2) + u.eps);
  }
}

}  // namespace gradus::kernels::reference
