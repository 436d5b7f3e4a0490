#include "tensor/kernels/gemm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tensor/errors.h"
#include "tensor/parallel.h"
#include "tests/tensor/kernels/kernel_guard.h"

using namespace gradus;
using namespace gradus::testing;
using kernels::Matrix;

namespace {

using Numbers = std::vector<real>;

constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

Numbers random_numbers(int64_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<real> uniform(-1, 1);
  Numbers x(static_cast<size_t>(n));
  for (real& value : x) value = uniform(generator);
  return x;
}

// Entries within [-1, 1]: each of the K terms may be rounded once.
void check_close(const Numbers& x, const Numbers& expected, int64_t K) {
  REQUIRE(x.size() == expected.size());
  const real tolerance = static_cast<real>(K + 4) * std::numeric_limits<real>::epsilon();
  real worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const real difference = std::abs(x[i] - expected[i]);
    worst = std::isnan(difference) ? difference : std::max(worst, difference);
    if (std::isnan(worst)) break;
  }
  CHECK(worst <= tolerance);
}

// One product with rows of A, B and C `gap` elements longer than they need be.
struct Product {
  int64_t M, N, K;
  bool A_transposed = false, B_transposed = false;
  real alpha = 1, beta = 0;
  int64_t gap = 0;

  int64_t lda() const { return (A_transposed ? M : K) + gap; }
  int64_t ldb() const { return (B_transposed ? K : N) + gap; }
  int64_t ldc() const { return N + gap; }
  Numbers A = random_numbers((A_transposed ? K : M) * lda(), 1);
  Numbers B = random_numbers((B_transposed ? N : K) * ldb(), 2);
  Numbers C = random_numbers(M * ldc(), 3);

  template <class Gemm>
  Numbers run(Gemm gemm) const {
    Numbers result = C;
    gemm(M, N, K, alpha, Matrix{A.data(), lda(), A_transposed},
         Matrix{B.data(), ldb(), B_transposed}, beta, result.data(), ldc());
    return result;
  }
};

struct Sizes {
  int64_t M, N, K;
};

// Rows, columns, squares, odd sizes, sizes of several tiles, tiles that oneDNN takes.
const std::vector<Sizes> all_sizes{{1, 1, 1},   {1, 300, 70},   {300, 1, 70},    {1, 5000, 129},
                                   {7, 5, 3},   {64, 64, 64},   {65, 63, 129},   {130, 517, 31},
                                   {97, 33, 0}, {300, 700, 40}, {128, 384, 500}, {513, 257, 65}};

// oneDNN's products, where it is the fastest, and OpenBLAS's.
template <class F>
void for_each_library(F f) {
  for (const kernels::Mode mode : {kernels::Mode::fast, kernels::Mode::openblas}) {
    const KernelGuard guard(mode);
    INFO("--kernels ", kernels::name_of(mode));
    f();
  }
}

class ThreadCount {
 public:
  explicit ThreadCount(int threads) { set_num_threads(threads); }
  ~ThreadCount() { set_num_threads(previous_); }

 private:
  int previous_ = num_threads();
};

}  // namespace

TEST_CASE("gemm agrees with the textbook loop for every shape, transposition and stride") {
  for_each_library([] {
    for (const Sizes s : all_sizes) {
      for (const bool A_transposed : {false, true}) {
        for (const bool B_transposed : {false, true}) {
          for (const int64_t gap : {0, 5}) {
            CAPTURE(s.M);
            CAPTURE(s.N);
            CAPTURE(s.K);
            CAPTURE(A_transposed);
            CAPTURE(B_transposed);
            const Product p{s.M, s.N, s.K, A_transposed, B_transposed, 1, 0, gap};
            const Numbers expected = p.run(kernels::reference::gemm);
            check_close(p.run(kernels::gemm), expected, s.K);
            check_close(p.run(kernels::gemm_tile), expected, s.K);
          }
        }
      }
    }
  });
}

TEST_CASE("gemm scales the product by alpha and what C held by beta") {
  for_each_library([] {
    for (const Sizes s : all_sizes) {
      for (const real alpha : {real{0}, real{0.5}, real{1}}) {
        for (const real beta : {real{0}, real{0.5}, real{1}}) {
          CAPTURE(s.M);
          CAPTURE(alpha);
          CAPTURE(beta);
          const Product p{s.M, s.N, s.K, false, true, alpha, beta, 3};
          const Numbers expected = p.run(kernels::reference::gemm);
          check_close(p.run(kernels::gemm), expected, s.K);
          check_close(p.run(kernels::gemm_tile), expected, s.K);
        }
      }
    }
  });
}

TEST_CASE("gemm with beta = 0 ignores a NaN in C, also where the product has no terms") {
  for_each_library([] {
    for (const Sizes s : all_sizes) {
      CAPTURE(s.M);
      CAPTURE(s.K);
      Product p{s.M, s.N, s.K};
      p.C.assign(p.C.size(), not_a_number);
      const Numbers expected = p.run(kernels::reference::gemm);
      check_close(p.run(kernels::gemm), expected, s.K);
      check_close(p.run(kernels::gemm_tile), expected, s.K);
    }
  });
}

TEST_CASE("gemm without rows or columns touches nothing") {
  real untouched = 3;
  const Matrix none{nullptr, 0};
  kernels::gemm(0, 5, 4, 1, none, none, 0, &untouched, 5);
  kernels::gemm(5, 0, 4, 1, none, none, 0, &untouched, 1);
  kernels::gemm_tile(0, 0, 0, 1, none, none, 0, &untouched, 1);
  kernels::linear(0, 5, 4, none, nullptr, nullptr, &untouched);
  CHECK(untouched == 3);
}

TEST_CASE(
    "gemm gives the same bits for any number of threads and leaves the caller's count alone") {
  for_each_library([] {
    for (const Sizes s : all_sizes) {
      CAPTURE(s.M);
      const Product p{s.M, s.N, s.K, true, false, 1, 1};
      const ThreadCount one(1);
      const Numbers expected = p.run(kernels::gemm), expected_tile = p.run(kernels::gemm_tile);
      for (const int threads : {2, 3, 4}) {
        const ThreadCount some(threads);
        CHECK(p.run(kernels::gemm) == expected);
        CHECK(p.run(kernels::gemm_tile) == expected_tile);
        CHECK(num_threads() == threads);
      }
      CHECK(num_threads() == 1);
    }
  });
}

TEST_CASE("gemm inside a parallel region gives the bits it gives outside") {
  for_each_library([] {
    const Product p{300, 700, 40};
    const Numbers expected = p.run(kernels::gemm);
    std::vector<Numbers> results(4);
    const ThreadCount two(2);
    parallel_for(
        4, 1, [&](int64_t i, int64_t) { results[static_cast<size_t>(i)] = p.run(kernels::gemm); });
    for (const Numbers& result : results) CHECK(result == expected);
  });
}

TEST_CASE("gemm refuses rows further apart than BLAS can count") {
  const real x = 1;
  real y = 0;
  const int64_t far = int64_t{1} << 31;
  CHECK_THROWS_AS(kernels::gemm(1, 1, 1, 1, {&x, far}, {&x, 1}, 0, &y, 1), ValueError);
  CHECK_THROWS_AS(kernels::gemm(1, 1, 1, 1, {&x, 1}, {&x, 1}, 0, &y, far), ValueError);
}

TEST_CASE("gemm_batched multiplies each product of the batch, few and large or many and small") {
  struct Case {
    int64_t count;
    Sizes s;
  };
  for (const Case& c : {Case{0, {3, 4, 5}}, Case{3, {200, 600, 50}}, Case{40, {9, 17, 6}}}) {
    const auto [M, N, K] = c.s;
    const Numbers A = random_numbers(c.count * M * K, 1), B = random_numbers(c.count * K * N, 2);
    Numbers C = random_numbers(c.count * M * N, 3), expected = C;
    std::vector<int64_t> a, b, out;
    for (int64_t i = 0; i < c.count; ++i) {
      a.push_back((c.count - 1 - i) * M * K);  // any order, and operands may be shared
      b.push_back(i / 2 * K * N);
      out.push_back(i * M * N);
      kernels::reference::gemm(M, N, K, 2, {A.data() + a.back(), K}, {B.data() + b.back(), K, true},
                               1, expected.data() + out.back(), N);
    }
    for (const int threads : {1, 3}) {
      const ThreadCount some(threads);
      Numbers result = C;
      kernels::gemm_batched({c.count, a.data(), b.data(), out.data()}, M, N, K, 2, {A.data(), K},
                            {B.data(), K, true}, 1, result.data(), N);
      check_close(result, expected, 2 * K);
    }
  }
}

TEST_CASE("linear is x w^T + bias, with or without a bias, with rows of x apart") {
  for_each_library([] {
    for (const Sizes s : all_sizes) {
      CAPTURE(s.M);
      CAPTURE(s.N);
      const int64_t ld = s.K + 3;
      const Numbers x = random_numbers(s.M * ld, 1), w = random_numbers(s.N * s.K, 2);
      const Numbers bias = random_numbers(s.N, 3);
      for (const bool with_bias : {false, true}) {
        Numbers y(static_cast<size_t>(s.M * s.N), not_a_number), expected = y;
        for (int64_t i = 0; i < s.M; ++i) {
          for (int64_t j = 0; j < s.N; ++j) {
            real sum = with_bias ? bias[static_cast<size_t>(j)] : 0;
            for (int64_t k = 0; k < s.K; ++k) {
              sum += x[static_cast<size_t>(i * ld + k)] * w[static_cast<size_t>(j * s.K + k)];
            }
            expected[static_cast<size_t>(i * s.N + j)] = sum;
          }
        }
        kernels::linear(s.M, s.N, s.K, {x.data(), ld}, w.data(), with_bias ? bias.data() : nullptr,
                        y.data());
        check_close(y, expected, s.K);
      }
    }
  });
}

TEST_CASE("gemm: no rows or no columns is no work, however long the inner dimension") {
  const std::vector<real> a(64 * 5000), none;
  std::vector<real> c(1);
  kernels::gemm(64, 0, 300'000, 1, {a.data(), 300'000}, {none.data(), 1}, 0, c.data(), 1);
  kernels::gemm(0, 64, 300'000, 1, {none.data(), 300'000}, {a.data(), 64}, 0, c.data(), 64);
  kernels::linear(64, 0, 300'000, {a.data(), 300'000}, none.data(), nullptr, c.data());
  CHECK(c[0] == 0);
}
