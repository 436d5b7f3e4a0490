#include "tensor/kernels/bf16.h"

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
using kernels::bf16;

namespace {

float float_of(uint32_t bits) { return std::bit_cast<float>(bits); }

// Every upper half, each with lower halves around nothing, the middle and everything.
std::vector<float> every_kind_of_float() {
  std::vector<float> all;
  for (uint32_t upper = 0; upper < 0x10000; ++upper) {
    for (const uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      all.push_back(float_of(upper << 16 | lower));
    }
  }
  return all;
}

// The nearer of the two bfloat16 numbers around a finite x, by their distances.
uint16_t nearest(float x) {
  const uint32_t below = std::bit_cast<uint32_t>(x) >> 16, above = below + 1;  // in magnitude
  const auto size = [](uint32_t upper) {  // what would follow the largest number is infinity
    const bool infinite = (upper & 0x7fff) == 0x7f80;
    return infinite ? std::ldexp(1.0, 128) : std::abs(double{float_of(upper << 16)});
  };
  const double to_below = std::abs(double{x}) - size(below);
  const double to_above = size(above) - std::abs(double{x});
  const bool even_is_above = (below & 1) == 1;
  const bool up = to_above < to_below || (to_above == to_below && even_is_above);
  return static_cast<uint16_t>(up ? above : below);
}

}  // namespace

TEST_CASE("a float becomes the nearest bfloat16, of two the even one, denormals included") {
  int64_t wrong = 0;
  for (const float x : every_kind_of_float()) {
    if (std::isfinite(x) && kernels::to_bf16(x).bits != nearest(x)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(kernels::to_bf16(1.0f).bits == 0x3f80);
  CHECK(kernels::to_bf16(float_of(0x3f808000)).bits == 0x3f80);  // halfway, and 0x3f80 is even
  CHECK(kernels::to_bf16(float_of(0x3f818000)).bits == 0x3f82);  // halfway, and 0x3f81 is odd
  CHECK(kernels::to_bf16(float_of(0x00018001)).bits == 0x0002);  // a denormal
  CHECK(kernels::to_bf16(float_of(0x80000000)).bits == 0x8000);  // -0
}

TEST_CASE("infinities stay, the largest floats become infinite, and a NaN stays a NaN") {
  CHECK(kernels::to_bf16(float_of(0x7f800000)).bits == 0x7f80);
  CHECK(kernels::to_bf16(float_of(0xff800000)).bits == 0xff80);
  CHECK(kernels::to_bf16(float_of(0x7f7fffff)).bits == 0x7f80);
  for (const float x : every_kind_of_float()) {
    if (!std::isnan(x)) continue;
    const float there_and_back = kernels::to_float(kernels::to_bf16(x));
    REQUIRE(std::isnan(there_and_back));
    REQUIRE(std::signbit(there_and_back) == std::signbit(x));
  }
}

TEST_CASE("every bfloat16 comes back from float32 as it was, but for NaNs that become quiet") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const bf16 x{static_cast<uint16_t>(bits)};
    const float wide = kernels::to_float(x);
    REQUIRE(kernels::to_bf16(wide).bits == (std::isnan(wide) ? bits | 0x40 : bits));
  }
}

TEST_CASE("arrays are rounded and widened as single numbers are, by every instruction set") {
  const std::vector<float> floats = every_kind_of_float();
  const Numbers x(floats.begin(), floats.end());
  for_each_target([&] {
    std::vector<bf16> y(x.size());
    kernels::round_to_bf16(std::ssize(x), x.data(), y.data());
    Numbers back(x.size());
    kernels::widen_bf16(std::ssize(y), y.data(), back.data());
    int64_t wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const bf16 expected = kernels::to_bf16(static_cast<float>(x[i]));
      const real wide = kernels::to_float(expected);
      const bool same = back[i] == wide || (std::isnan(back[i]) && std::isnan(wide));
      if (y[i].bits != expected.bits || !same) ++wrong;
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("arrays of any length, wherever they begin, are written from end to end and no further") {
  for_each_target([&] {
    for (const int64_t n : sizes) {
      CAPTURE(n);
      const Numbers x = random_numbers(n + 1, -10, 10);
      std::vector<bf16> y(to_size(n + 2), bf16{0x1234});
      kernels::round_to_bf16(n, x.data() + 1, y.data() + 1);
      CHECK((y.front().bits == 0x1234 && y.back().bits == 0x1234));
      Buffer back(n);
      kernels::widen_bf16(n, y.data() + 1, back.data());
      Numbers expected;
      for (int64_t i = 1; i <= n; ++i)
        expected.push_back(kernels::to_float(kernels::to_bf16(static_cast<float>(x[to_size(i)]))));
      CHECK(back.values() == expected);
    }
  });
}
