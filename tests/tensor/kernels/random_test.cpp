#include "tensor/kernels/random.h"

#include <numeric>

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Fill = void(Draw, int64_t, real*);

Numbers run(Fill* kernel, Draw draw, int64_t n) {
  Buffer y(n);
  kernel(draw, n, y.data());
  return y.values();
}

double mean_of_power(const Numbers& x, int power) {
  double sum = 0;
  for (const real v : x) sum += std::pow(static_cast<double>(v), power);
  return sum / static_cast<double>(x.size());
}

constexpr Draw some_draw{0x0123456789abcdef, 0xfedcba9876543210};

}  // namespace

TEST_CASE("philox reproduces the known answers of Random123") {
  using Words = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;
  constexpr uint32_t ones = 0xffffffff;
  CHECK(kernels::philox(Words{0, 0, 0, 0}, Key{0, 0}) ==
        Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(kernels::philox(Words{ones, ones, ones, ones}, Key{ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(kernels::philox(Words{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                        Key{0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("element i of a uniform draw is the upper 24 bits of its word, for any length") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      const Numbers y = run(kernels::uniform, some_draw, n);
      Numbers wanted;
      for (uint64_t i = 0; i < to_size(n); ++i) {
        const uint32_t word = kernels::random_block(some_draw, i / 4)[i % 4];
        wanted.push_back(static_cast<real>(word >> 8) / real(1 << 24));
      }
      CHECK(y == wanted);
    }
  });
}

TEST_CASE("element i of a normal draw is Box and Muller's formula of its pair of words") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      const Numbers y = run(kernels::normal, some_draw, n);
      Numbers wanted;
      for (uint64_t i = 0; i < to_size(n); ++i) {
        const auto words = kernels::random_block(some_draw, i / 4);
        const double u = (words[i % 4 / 2 * 2] + 0.5) / 4294967296.0;
        const double v = (words[i % 4 / 2 * 2 + 1] + 0.5) / 4294967296.0;
        const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * std::acos(-1.0) * v;
        wanted.push_back(
            static_cast<real>(radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle))));
      }
      CHECK(mismatch(y, wanted, {4, 1}) == "");
    }
  });
}

TEST_CASE("uniform numbers lie in [0, 1) with the moments of the uniform distribution") {
  const Numbers y = run(kernels::uniform, {1, 2}, 1000000);
  for (const real v : y) {
    if (v < 0 || v >= 1) FAIL(v);
  }
  CHECK(std::abs(mean_of_power(y, 1) - 1.0 / 2) < 5 * 0.29 / 1000);  // five standard errors
  CHECK(std::abs(mean_of_power(y, 2) - 1.0 / 3) < 5 * 0.30 / 1000);
  CHECK(std::abs(mean_of_power(y, 3) - 1.0 / 4) < 5 * 0.29 / 1000);
}

TEST_CASE("normal numbers have mean 0, variance 1, no skew, kurtosis 3, and thin tails") {
  const Numbers y = run(kernels::normal, {1, 2}, 1000000);
  CHECK(std::abs(mean_of_power(y, 1)) < 5 * 1.0 / 1000);  // five standard errors
  CHECK(std::abs(mean_of_power(y, 2) - 1) < 5 * 1.42 / 1000);
  CHECK(std::abs(mean_of_power(y, 3)) < 5 * 3.9 / 1000);
  CHECK(std::abs(mean_of_power(y, 4) - 3) < 5 * 9.8 / 1000);
  double beyond_three = 0, neighbours = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    beyond_three += std::abs(y[i]) > 3 ? 1 : 0;
    if (i > 0) neighbours += static_cast<double>(y[i]) * static_cast<double>(y[i - 1]);
  }
  CHECK(std::abs(beyond_three / 1e6 - 0.0027) < 5 * 0.052 / 1000);
  CHECK(std::abs(neighbours / 1e6) < 5 * 1.0 / 1000);
}

TEST_CASE("draws differ by seed and by counter") {
  const Numbers y = run(kernels::uniform, {1, 2}, 100);
  CHECK(y != run(kernels::uniform, {1, 3}, 100));
  CHECK(y != run(kernels::uniform, {2, 2}, 100));
  CHECK(y != run(kernels::uniform, {1 + (uint64_t{1} << 32), 2}, 100));
  CHECK(y != run(kernels::uniform, {1, 2 + (uint64_t{1} << 32)}, 100));
}

TEST_CASE("dropout drops a share p, scales the rest, and backward uses the same mask") {
  for_each_target([] {
    const real p = real(0.3);
    for (const int64_t n : sizes) {
      const Numbers u = run(kernels::uniform, some_draw, n);
      Buffer x(random_numbers(n, 1, 2)), y(n), dx(Numbers(to_size(n), 1));
      kernels::dropout(some_draw, p, n, x.data(), y.data());
      kernels::dropout_backward(some_draw, p, n, x.data(), dx.data());
      Numbers wanted, wanted_dx;
      for (size_t i = 0; i < u.size(); ++i) {
        wanted.push_back(u[i] < p ? 0 : x.data()[i] / (1 - p));
        wanted_dx.push_back(1 + wanted.back());
      }
      CHECK(mismatch(y.values(), wanted, {2}) == "");
      CHECK(mismatch(dx.values(), wanted_dx, {2}) == "");
    }
  });
}

TEST_CASE("dropout with p = 0 keeps everything and with p = 1 nothing") {
  const Numbers x = random_numbers(5000, -1, 1);
  Numbers y(5000);
  kernels::dropout(some_draw, 0, 5000, x.data(), y.data());
  CHECK(y == x);
  kernels::dropout(some_draw, 1, 5000, x.data(), y.data());
  CHECK(y == Numbers(5000, 0));
}

TEST_CASE("random numbers are the same for any number of threads and for any length") {
  for (Fill* kernel : {kernels::uniform, kernels::normal}) {
    CHECK(same_for_any_thread_count([&] { return run(kernel, some_draw, 100001); }));
    const Numbers all = run(kernel, some_draw, 50001);
    const Numbers part = run(kernel, some_draw, 4099);
    CHECK(std::equal(part.begin(), part.end(), all.begin()));
  }
}
