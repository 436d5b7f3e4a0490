// Private to the kernels: vectors of `real` and the loops over them (Google Highway).
//
// A fast kernel's file defines HWY_TARGET_INCLUDE as its own name and includes this header; the
// compiler then reads the file once per instruction set, each time into its own HWY_NAMESPACE, and
// HWY_DYNAMIC_DISPATCH picks the best version that the machine can run.

// Three instruction sets keep the build short: SSE4, AVX2 and AVX-512. Those left out below are
// rare, or (SVE) have vectors without operators.
#ifndef GRADUS_SIMD_TARGETS
#define GRADUS_SIMD_TARGETS
#include "hwy/detect_compiler_arch.h"
#if HWY_ARCH_X86
#define HWY_BASELINE_TARGETS HWY_SSE4
#endif
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

#include "hwy/foreach_target.h"
// foreach_target.h must come first.
#include "hwy/highway.h"

// The usual include guard would hide the header from all instruction sets but the first.
#if defined(GRADUS_SIMD_PER_TARGET) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_SIMD_PER_TARGET
#undef GRADUS_SIMD_PER_TARGET
#else
#define GRADUS_SIMD_PER_TARGET
#endif

#include <algorithm>
#include <limits>

#include "tensor/real.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<real>;
using V = hn::Vec<D>;
constexpr D d{};
constexpr int64_t width = HWY_LANES(real);
constexpr real infinity = std::numeric_limits<real>::infinity();

HWY_INLINE V set(real value) { return hn::Set(d, value); }
HWY_INLINE V zero() { return hn::Zero(d); }

// How much of a vector lies inside the row: all of it, or its first `count` lanes at the end.
struct Whole {};
struct Part {
  int64_t count;
};

HWY_INLINE V load(const real* p, Whole, real /*absent*/ = 0) { return hn::LoadU(d, p); }

HWY_INLINE void store(V v, real* p, Whole) { hn::StoreU(v, d, p); }

// Of a part, only the lanes that exist are read and written. SSE4 knows no masked access that keeps
// off the others.
#if HWY_TARGET == HWY_SSE4
HWY_INLINE V load(const real* p, Part part, real absent = 0) {
  HWY_ALIGN real lanes[width];
  for (int64_t k = 0; k < width; ++k) lanes[k] = k < part.count ? p[k] : absent;
  return hn::Load(d, lanes);
}

HWY_INLINE void store(V v, real* p, Part part) {
  HWY_ALIGN real lanes[width];
  hn::Store(v, d, lanes);
  for (int64_t k = 0; k < part.count; ++k) p[k] = lanes[k];
}
#else
HWY_INLINE V load(const real* p, Part part, real absent = 0) {
  const auto exists = hn::FirstN(d, static_cast<size_t>(part.count));
  return hn::IfThenElse(exists, hn::MaskedLoad(exists, d, p), set(absent));
}

HWY_INLINE void store(V v, real* p, Part part) {
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(part.count)), d, p);
}
#endif

/// Calls body(i, part) for the vectors that start at i = 0, width, 2 width, ... of n numbers.
template <class Body>
HWY_INLINE void for_each_vector(int64_t n, Body body) {
  int64_t i = 0;
  for (; i + width <= n; i += width) body(i, Whole{});
  if (i < n) body(i, Part{n - i});
}

/// y[i] = f(x[i]...) for as many inputs x as f takes; y may be one of them.
template <class F, class... Inputs>
HWY_INLINE void transform(int64_t n, real* y, F f, const Inputs*... x) {
  for_each_vector(
      n, [&](int64_t i, auto part) HWY_ATTR { store(f(load(x + i, part)...), y + i, part); });
}

/// The sum of term(i, part) over a row. Blocks are added up in double, so that long rows lose
/// nothing; term must be 0 in absent lanes.
template <class Term>
HWY_INLINE double sum_terms(int64_t n, Term term) {
  constexpr int64_t block = 1024;
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += block) {
    V sum = zero();
    for_each_vector(std::min(block, n - begin),
                    [&](int64_t i, auto part) HWY_ATTR { sum += term(begin + i, part); });
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
  return total;
}

/// The largest of n numbers, -inf if there are none. A NaN among them may be overlooked.
HWY_INLINE real max_of(int64_t n, const real* x) {
  V largest = set(-infinity);
  for_each_vector(n, [&](int64_t i, auto part)
                         HWY_ATTR { largest = hn::Max(largest, load(x + i, part, -infinity)); });
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_SIMD_PER_TARGET
