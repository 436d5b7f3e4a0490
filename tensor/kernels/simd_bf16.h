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
#endif

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_SIMD_BF16_PER_TARGET
