// Private to the kernels: vectors of bfloat16 numbers, read as `real`. Included after simd.h.

#if defined(GRADUS_SIMD_BF16_PER_TARGET) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_SIMD_BF16_PER_TARGET
#undef GRADUS_SIMD_BF16_PER_TARGET
#else
#define GRADUS_SIMD_BF16_PER_TARGET
#endif

#include "tensor/kernels/bf16.h"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

HWY_INLINE V load(const bf16* p, Part part) {
  HWY_ALIGN real lanes[width];
  for (int64_t k = 0; k < width; ++k) lanes[k] = k < part.count ? to_float(p[k]) : 0;
  return hn::Load(d, lanes);
}

#ifdef GRADUS_DOUBLE
HWY_INLINE V load(const bf16* p, Whole) { return load(p, Part{width}); }
#else
HWY_INLINE V load(const bf16* p, Whole) {
  const auto halves = hn::LoadU(hn::Rebind<uint16_t, D>(), &p->bits);
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(hn::Rebind<uint32_t, D>(), halves)));
}

using Halves = hn::Rebind<uint16_t, D>;

/// Rounded to bfloat16.
HWY_INLINE hn::Vec<Halves> halves_of(V x) {
  const hn::Rebind<uint32_t, D> d32;
  const hn::Rebind<int32_t, D> signed_32;
  const auto bits = hn::BitCast(d32, x);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto is_odd = hn::And(upper, hn::Set(d32, 1));
  const auto rounded = hn::ShiftRight<16>(bits + hn::Set(d32, 0x7fff) + is_odd);
  const auto quiet = hn::Or(upper, hn::Set(d32, 0x40));
  const auto halves = hn::IfThenElse(hn::RebindMask(d32, hn::IsNaN(x)), quiet, rounded);
  return hn::DemoteTo(Halves(), hn::BitCast(signed_32, halves));
}
#endif

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_SIMD_BF16_PER_TARGET
