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

using Bits = hn::Rebind<uint32_t, D>;
using SignedBits = hn::Rebind<int32_t, D>;
using Halves = hn::Rebind<uint16_t, D>;

// The upper halves, rounded; in 32 bits.
HWY_INLINE hn::Vec<Bits> rounded_halves(V x) {
  const Bits d32;
  const auto bits = hn::BitCast(d32, x);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto is_odd = hn::And(upper, hn::Set(d32, 1));
  const auto rounded = hn::ShiftRight<16>(bits + hn::Set(d32, 0x7fff) + is_odd);
  const auto quiet = hn::Or(upper, hn::Set(d32, 0x40));
  return hn::IfThenElse(hn::RebindMask(d32, hn::IsNaN(x)), quiet, rounded);
}

void round_to_bf16(int64_t n, const real* x, bf16* y) {
  int64_t i = 0;
  for (; i + width <= n; i += width) {
    const auto halves = hn::BitCast(SignedBits(), rounded_halves(hn::LoadU(d, x + i)));
    hn::StoreU(hn::DemoteTo(Halves(), halves), Halves(), &y[i].bits);
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
