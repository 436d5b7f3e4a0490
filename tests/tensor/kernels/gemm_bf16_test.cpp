// Products of bfloat16 numbers. CPUs that have no instructions for them are most of all, so what is
// around those instructions is checked by the same code with float32 operands.

#include "tensor/kernels/gemm_bf16.h"

#include <atomic>
#include <iostream>

#include "tensor/errors.h"
#include "tensor/kernels/onednn.h"
#include "tensor/kernels/tile_grid.h"
#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
using kernels::bf16;
using kernels::MatrixOf;

namespace {

template <class T>
std::vector<T> random_operand(int64_t n, unsigned seed) {
  const Numbers x = random_numbers(n, -1, 1, seed);
  if constexpr (std::is_same_v<T, real>) {
    return x;
  } else {
    std::vector<bf16> y(x.size());
    kernels::round_to_bf16(n, x.data(), y.data());
    return y;
  }
}

double value(real x) { return x; }
double value(bf16 x) { return kernels::to_float(x); }

struct Sizes {
  int64_t M, N, K;
};

// Nothing, rows, columns, odd sizes, several tiles.
const std::vector<Sizes> all_sizes{{0, 5, 4},      {5, 0, 4},     {1, 1, 1},     {1, 300, 70},
                                   {300, 1, 70},   {7, 5, 3},     {65, 63, 129}, {97, 33, 0},
                                   {300, 700, 40}, {513, 257, 65}};

// A product whose rows are `gap` elements longer than they need be.
template <class T>
struct Product {
  int64_t M, N, K;
  bool A_transposed = false, B_transposed = false;
  real beta = 0;
  int64_t gap = 0;

  int64_t lda() const { return (A_transposed ? M : K) + gap; }
  int64_t ldb() const { return (B_transposed ? K : N) + gap; }
  int64_t ldc() const { return N + gap; }
  std::vector<T> a = random_operand<T>((A_transposed ? K : M) * lda(), 1);
  std::vector<T> b = random_operand<T>((B_transposed ? N : K) * ldb(), 2);
  Numbers c = random_numbers(M * ldc(), -1, 1, 3);

  // multiply(M, N, K, A, B, beta, C, ldc)
  template <class Multiply>
  Numbers run(Multiply multiply) const {
    Numbers result = c;
    multiply(M, N, K, MatrixOf<T>{a.data(), lda(), A_transposed},
             MatrixOf<T>{b.data(), ldb(), B_transposed}, beta, result.data(), ldc());
    return result;
  }

  // The sum of exact products, in double.
  Numbers expected() const {
    Numbers result = c;
    for (int64_t i = 0; i < M; ++i) {
      for (int64_t j = 0; j < N; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < K; ++k) {
          sum += value(a[to_size(A_transposed ? k * lda() + i : i * lda() + k)]) *
                 value(b[to_size(B_transposed ? j * ldb() + k : k * ldb() + j)]);
        }
        real& out = result[to_size(i * ldc() + j)];
        out = static_cast<real>(sum + (beta == 0 ? 0 : double{beta} * double{out}));
      }
    }
    return result;
  }
};

// Float32 sums of K products that are at most 1. Rounding the operands to 8 bits again, or summing
// in 8 bits, would be off by thousands of these.
Tolerance tolerance(int64_t K) {
  return {static_cast<double>(K + 4) / (sizeof(real) == 8 ? 1e-9 : 1), 1};
}

template <class T, class Multiply>
void check_all_products(Multiply multiply) {
  for (const Sizes s : all_sizes) {
    for (const bool A_transposed : {false, true}) {
      for (const bool B_transposed : {false, true}) {
        for (const real beta : {real(0), real(1), real(0.5)}) {
          CAPTURE(s.M);
          CAPTURE(s.N);
          CAPTURE(s.K);
          CAPTURE(A_transposed);
          CAPTURE(B_transposed);
          CAPTURE(beta);
          const int64_t gap = beta == 1 ? 5 : 0;
          const Product<T> p{s.M, s.N, s.K, A_transposed, B_transposed, beta, gap};
          CHECK(mismatch(p.run(multiply), p.expected(), tolerance(s.K)) == "");
        }
      }
    }
  }
  Product<T> p{65, 63, 129};
  p.c.assign(p.c.size(), not_a_number);  // which beta = 0 ignores
  CHECK(mismatch(p.run(multiply), p.expected(), tolerance(p.K)) == "");
  CHECK(same_for_any_thread_count(
      [&] { return Product<T>{513, 257, 65, true, false, 1}.run(multiply); }));
}

const auto emulated = [](auto... arguments) {
  kernels::gemm_bf16(Precision::bf16_emulated, arguments...);
};

// The tiles of the grid by oneDNN, on whatever CPU this is.
void by_onednn(int64_t M, int64_t N, int64_t K, kernels::Matrix A, kernels::Matrix B, real beta,
               real* C, int64_t ldc) {
  std::atomic<bool> done = true;
  kernels::for_each_tile({M, N, K, C, ldc}, A, B, [&](const kernels::Tile<real>& t) {
    if (K == 0) return kernels::scale_rows(t.rows, t.columns, beta, t.C, ldc);
    if (!kernels::onednn::gemm_tile(t.rows, t.columns, K, t.A, t.B, beta, t.C, ldc)) done = false;
  });
  CHECK(done);
}

// y = x w^T + bias against the sum in double, by linear(M, N, K, x, w, bias, y).
template <class T, class Linear>
void check_linear(Linear linear) {
  for (const Sizes s : all_sizes) {
    CAPTURE(s.M);
    CAPTURE(s.N);
    const Product<T> p{s.M, s.N, s.K, false, true};
    const Numbers bias = random_numbers(s.N, -1, 1, 4);
    for (const bool with_bias : {false, true}) {
      Numbers y(to_size(s.M * s.N), not_a_number), expected = p.expected();
      for (size_t i = 0; with_bias && i < expected.size(); ++i)
        expected[i] += bias[i % bias.size()];
      linear(s.M, s.N, s.K, p.a.data(), p.b.data(), with_bias ? bias.data() : nullptr, y.data());
      CHECK(mismatch(y, expected, tolerance(s.K)) == "");
    }
  }
}

}  // namespace

TEST_CASE("the reference loop multiplies bfloat16 numbers exactly and adds in float32") {
  const Product<bf16> p{7, 5, 300, true, false, real(0.5), 3};
  CHECK(mismatch(p.run(kernels::reference::gemm_bf16), p.expected(), tolerance(p.K)) == "");
}

TEST_CASE("emulated products agree with the sum of exact products, for any shape and threads") {
  check_all_products<bf16>(emulated);
  check_linear<bf16>(
      [](auto... arguments) { kernels::linear_bf16(Precision::bf16_emulated, arguments...); });
}

TEST_CASE("oneDNN's tiles agree with the sum of products in float32, for any shape and threads") {
  if (kernels::onednn::version().empty()) {
    const Product<real> p{2, 2, 2};
    Numbers c = p.c;
    CHECK(!kernels::onednn::gemm_tile<real>(2, 2, 2, {p.a.data(), 2}, {p.b.data(), 2}, 0, c.data(),
                                            2));
    CHECK(c == p.c);
    return;
  }
  check_all_products<real>(by_onednn);
}

TEST_CASE("oneDNN's products inside a parallel region have the bits of those outside") {
  if (kernels::onednn::version().empty()) return;
  const Product<real> p{300, 700, 40};
  const Numbers expected = p.run(by_onednn);
  std::vector<Numbers> results(4);
  const int before = num_threads();
  set_num_threads(2);
  parallel_for(4, 1, [&](int64_t i, int64_t) { results[to_size(i)] = p.run(by_onednn); });
  CHECK(num_threads() == 2);
  set_num_threads(before);
  for (const Numbers& result : results) CHECK(result == expected);
}

TEST_CASE("the CPU's own bfloat16 products agree with the sum of exact products") {
  if (!why_no_bf16().empty()) {
    std::cout << "not tested here: " << why_no_bf16() << "\n";
    Product<bf16> p{2, 2, 2};
    CHECK_THROWS_AS(PrecisionMode{Precision::bf16}, ValueError);
    return;
  }
  check_all_products<bf16>(
      [](auto... arguments) { kernels::gemm_bf16(Precision::bf16, arguments...); });
  check_linear<bf16>(
      [](auto... arguments) { kernels::linear_bf16(Precision::bf16, arguments...); });
}
