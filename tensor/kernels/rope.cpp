#include "tensor/kernels/rope.h"

#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/rope.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

// One head of one token: hs = 2 half numbers.
void rope_head(int64_t half, const real* x, const real* cos, const real* sin, bool back, real* y) {
  const V direction = set(back ? -1 : 1);
  for_each_vector(half, [=](int64_t i, auto part) HWY_ATTR {
    const V a = load(x + i, part), b = load(x + half + i, part);
    const V c = load(cos + i, part), s = direction * load(sin + i, part);
    store(hn::NegMulAdd(b, s, a * c), y + i, part);
    store(hn::MulAdd(a, s, b * c), y + half + i, part);
  });
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(rope_head);

void rope(const Rope& r, const real* x, const HeadStrides& strides, real* y) {
  if (use_reference()) return reference::rope(r, x, strides, y);
  const int64_t half = r.hs / 2;
  const auto turn = HWY_DYNAMIC_DISPATCH(rope_head);
  parallel_rows(r.B * r.T, r.NH * r.hs, [&](int64_t row) {
    const int64_t b = row / r.T, t = row % r.T;
    const int64_t angles = (r.per_row ? row : t) * half;
    for (int64_t h = 0; h < r.NH; ++h) {
      turn(half, x + b * strides.batch + t * strides.time + h * strides.head, r.cos + angles,
           r.sin + angles, r.back, y + (row * r.NH + h) * r.hs);
    }
  });
}

}  // namespace gradus::kernels
#endif
