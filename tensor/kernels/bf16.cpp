#include "tensor/kernels/bf16.h"

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/bf16.cpp"
#include "tensor/kernels/simd.h"
#include "tensor/kernels/simd_bf16.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

#ifdef GRADUS_DOUBLE

void round_to_bf16(int64_t n, const real* x, bf16* y) { reference::round_to_bf16(n, x, y); }

#else

void round_to_bf16(int64_t n, const real* x, bf16* y) {
  int64_t i = 0;
  for (; i + width <= n; i += width) {
    hn::StoreU(halves_of(hn::LoadU(d, x + i)), Halves(), &y[i].bits);
  }
  reference::round_to_bf16(n - i, x + i, y + i);
}

#endif

void widen_bf16(int64_t n, const bf16* x, real* y) {
  for_each_vector(n, [=](int64_t i, auto part) HWY_ATTR { store(load(x + i, part), y + i, part); });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(round_to_bf16);
HWY_EXPORT(widen_bf16);

void round_to_bf16(int64_t n, const real* x, bf16* y) {
  launch(reference::round_to_bf16, HWY_DYNAMIC_DISPATCH(round_to_bf16), n, x, y);
}

void widen_bf16(int64_t n, const bf16* x, real* y) {
  launch(reference::widen_bf16, HWY_DYNAMIC_DISPATCH(widen_bf16), n, x, y);
}

}  // namespace gradus::kernels
#endif
