#include "tensor/kernels/optimizer.h"

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/optimizer.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

void sgd_dense(const SgdUpdate& u, int64_t n, const real* g, real* velocity, real* w) {
  const V momentum = set(u.momentum);
  for_each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const V w_i = load(w + i, part);
    const V scaled = set(u.grad_scale) * load(g + i, part);
    const V gradient = hn::MulAdd(set(u.weight_decay), w_i, scaled);
    V step = gradient;
    if (velocity != nullptr) {
      V v = gradient;
      if (!u.first_step) v = momentum * load(velocity + i, part) + set(1 - u.dampening) * gradient;
      store(v, velocity + i, part);
      step = u.nesterov ? hn::MulAdd(momentum, v, gradient) : v;
    }
    store(hn::NegMulAdd(set(u.lr), step, w_i), w + i, part);
  });
}

void adam_dense(const AdamUpdate& u, int64_t n, const real* g, real* m, real* v, real* w) {
  // Either L2 (Adam) or decoupled decay (AdamW, Loshchilov & Hutter 2019) is zero.
  const V l2 = set(u.decoupled ? 0 : u.weight_decay);
  const V decay = set(u.decoupled ? u.lr * u.weight_decay : 0);
  for_each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    V w_i = load(w + i, part);
    const V gradient = hn::MulAdd(l2, w_i, set(u.grad_scale) * load(g + i, part));
    w_i = hn::NegMulAdd(decay, w_i, w_i);
    const V m_i = set(u.beta1) * load(m + i, part) + set(1 - u.beta1) * gradient;
    const V v_i = set(u.beta2) * load(v + i, part) + set(1 - u.beta2) * gradient * gradient;
    const V scale = hn::Sqrt(v_i / set(u.correction2)) + set(u.eps);
    w_i = hn::NegMulAdd(set(u.lr), m_i / set(u.correction1) / scale, w_i);
    store(m_i, m + i, part);
    store(v_i, v + i, part);
    store(w_i, w + i, part);
  });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(sgd_dense);
HWY_EXPORT(adam_dense);

void sgd(const SgdUpdate& u, int64_t n, const real* g, real* velocity, real* w) {
  if (use_reference()) return reference::sgd(u, n, g, velocity, w);
  parallel_for(n, chunk_elements, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(sgd_dense)
    (u, end - begin, g + begin, velocity ? velocity + begin : nullptr, w + begin);
  });
}

void adam(const AdamUpdate& u, int64_t n, const real* g, real* m, real* v, real* w, bf16* rounded) {
  const auto update = use_reference() ? reference::adam : HWY_DYNAMIC_DISPATCH(adam_dense);
  parallel_for(n, chunk_elements, [&](int64_t begin, int64_t end) {
    update(u, end - begin, g + begin, m + begin, v + begin, w + begin);
    if (rounded != nullptr) round_to_bf16(end - begin, w + begin, rounded + begin);
  });
}

}  // namespace gradus::kernels
#endif
