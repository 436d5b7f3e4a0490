// Private to the kernels: elementary functions of vectors, included after simd.h. The double build
// checks gradients and takes them from the standard library, lane by lane.

#if defined(GRADUS_SIMD_MATH_PER_TARGET) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_SIMD_MATH_PER_TARGET
#undef GRADUS_SIMD_MATH_PER_TARGET
#else
#define GRADUS_SIMD_MATH_PER_TARGET
#endif

#include <cmath>
#include <numbers>

#include "hwy/contrib/math/math-inl.h"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

/// Horner's rule, highest power first.
template <class... Rest>
HWY_INLINE V polynomial(V x, real first, Rest... rest) {
  V sum = set(first);
  ((sum = hn::MulAdd(sum, x, set(static_cast<real>(rest)))), ...);
  return sum;
}

/// Standard normal distribution (mean 0, variance 1) at x.
struct Normal {
  V cdf;
  V density;
};

constexpr real inv_sqrt_2pi = static_cast<real>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);

#ifdef GRADUS_DOUBLE

template <class F>
HWY_INLINE V lanewise(V x, F f) {
  HWY_ALIGN real lanes[width];
  hn::Store(x, d, lanes);
  for (real& lane : lanes) lane = f(lane);
  return hn::Load(d, lanes);
}

HWY_INLINE V exp(V x) {
  return lanewise(x, [](real v) { return std::exp(v); });
}
HWY_INLINE V exp_or_zero(V x) { return exp(x); }
HWY_INLINE V log(V x) {
  return lanewise(x, [](real v) { return std::log(v); });
}
HWY_INLINE V tanh(V x) {
  return lanewise(x, [](real v) { return std::tanh(v); });
}
HWY_INLINE Normal normal_distribution(V x) {
  const V cdf = lanewise(x, [](real v) { return 0.5 * std::erfc(-v / std::numbers::sqrt2); });
  return {cdf, set(inv_sqrt_2pi) * exp(set(-0.5) * x * x)};
}

#else

using Integers = hn::Rebind<int32_t, D>;
using Exponents = hn::Vec<Integers>;

// 2^n for n in [-126, 127], the exponent field of a float. Only the lowest 9 bits of n count.
HWY_INLINE V power_of_two(Exponents n) {
  return hn::BitCast(d, hn::ShiftLeft<23>(n + hn::Set(Integers(), 127)));
}

/// exp(x - n ln(2)), where |x - n ln(2)| <= ln(2) / 2, by Moshier's polynomial (Cephes, expf).
HWY_INLINE V exp_reduced(V x, V n) {
  constexpr real ln2_high = 0.693359375f;
  constexpr real ln2_low = -2.12194440e-4f;
  const V r = hn::NegMulAdd(n, set(ln2_low), hn::NegMulAdd(n, set(ln2_high), x));
  const V tail = polynomial(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                            4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
  return hn::MulAdd(tail, r * r, r) + set(1);
}

/// exp(x) = 2^n exp(x - n ln(2)): 1 ulp, inf above 88.72, 0 below -103.98, exact denormals between.
HWY_INLINE V exp(V x) {
  // Min and Max return their second operand if one is a NaN, which must come out again.
  x = hn::Min(set(89), hn::Max(set(-104), x));
  const Exponents n = hn::NearestInt(x * set(std::numbers::log2e_v<real>));
  const V exp_r = exp_reduced(x, hn::ConvertTo(d, n));
  // Two factors: 2^n alone leaves the range of floats where the result is denormal or infinite.
  const Exponents half = hn::ShiftRight<1>(n);
  return exp_r * power_of_two(half) * power_of_two(n - half);
}

/// exp(x) for x < 88, but 0 below -87.3, just before exp(x) becomes denormal: for probabilities,
/// whose hidden scores are -inf. Fewer steps than exp(), and processors are slow to make denormal
/// numbers (on Zen 5 exp(-inf) takes 2.7 times as long as exp(-1)).
HWY_INLINE V exp_or_zero(V x) {
  // Adding 1.5 * 2^23 rounds to whole numbers, which then stand in a float's lowest bits.
  const V shift = set(12582912);
  const V shifted = hn::MulAdd(x, set(std::numbers::log2e_v<real>), shift);
  const V n = shifted - shift;
  const V e = exp_reduced(x, n) * power_of_two(hn::BitCast(Integers(), shifted));
  return hn::IfThenZeroElse(x < set(-87.3f), e);
}

/// 4 ulp; Highway's logarithm holds for positive finite x only.
HWY_INLINE V log(V x) {
  V y = hn::Log(d, x);
  y = hn::IfThenElse(x < set(infinity), y, x);
  y = hn::IfThenElse(x == zero(), set(-infinity), y);
  return hn::IfThenElse(x < zero(), set(std::numeric_limits<real>::quiet_NaN()), y);
}

HWY_INLINE V tanh(V x) { return hn::Tanh(d, x); }

/// For z = |x|, cdf(-z) = exp(-z^2 / 2) Q(z). Q varies slowly and is a polynomial in
/// t = 1 / (1 + 0.3 z), the form of Abramowitz & Stegun 7.1.26, here with 8 terms (minimax for
/// z <= 6, relative error 4e-8).
HWY_INLINE Normal normal_distribution(V x) {
  const V z = hn::Abs(x);
  const V e = exp(set(-0.5f) * x * x);
  const V t = set(1) / hn::MulAdd(set(0.3f), z, set(1));
  const V Q = t * polynomial(t, 0.0360973767f, -0.158119598f, 0.206039728f, -0.0510739191f,
                             0.125504768f, 0.101550700f, 0.120328265f, 0.119672697f);
  const V tail = e * Q;
  return {hn::IfThenElse(x < zero(), tail, set(1) - tail), set(inv_sqrt_2pi) * e};
}

#endif

/// 1 / (1 + exp(-x)) = exp(x) / (exp(x) + 1), whichever does not overflow.
HWY_INLINE V sigmoid(V x) {
  const V e = exp_or_zero(hn::Neg(hn::Abs(x)));
  return hn::IfThenElse(x < zero(), e, set(1)) / (e + set(1));
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRADUS_SIMD_MATH_PER_TARGET
