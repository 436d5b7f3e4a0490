#include "tensor/kernels/few_rows.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

#include "tensor/kernels/gemm.h"
#include "tests/tensor/kernels/compare.h"

using namespace gradus;

namespace {

using kernels::bf16;
using Numbers = std::vector<real>;

// As T; those of bfloat16 are rounded to it.
template <class T>
std::vector<T> random_numbers(int64_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<T> x(static_cast<size_t>(n));
  for (T& value : x) {
    if constexpr (std::is_same_v<T, bf16>) {
      value = kernels::to_bf16(uniform(generator));
    } else {
      value = uniform(generator);
    }
  }
  return x;
}

const Numbers& as_real(const Numbers& x) { return x; }

Numbers as_real(const std::vector<bf16>& x) {
  Numbers y;
  for (const bf16 value : x) y.push_back(kernels::to_float(value));
  return y;
}

// A layer from K to N numbers, over rows of x that lie 3 numbers too far apart.
template <class T>
struct Layer {
  int64_t N, K, ldx;
  std::vector<T> x, w;
  Numbers bias;

  Layer(int64_t outputs, int64_t inputs)
      : N(outputs),
        K(inputs),
        ldx(K + 3),
        x(random_numbers<T>(kernels::few_rows * ldx, 1)),
        w(random_numbers<T>(N * K, 2)),
        bias(random_numbers<real>(N, 3)) {}

  // Rows [begin, begin + M).
  Numbers run(int64_t begin, int64_t M, bool with_bias = true) const {
    Numbers y(static_cast<size_t>(M * N), std::numeric_limits<real>::quiet_NaN());
    kernels::linear_few_rows(M, N, K, x.data() + begin * ldx, ldx, w.data(),
                             with_bias ? bias.data() : nullptr, y.data());
    return y;
  }
  Numbers expected(int64_t M, bool with_bias) const {
    Numbers y;
    for (int64_t m = 0; m < M && with_bias; ++m) y.insert(y.end(), bias.begin(), bias.end());
    y.resize(static_cast<size_t>(M * N));
    const Numbers X = as_real(x), W = as_real(w);
    kernels::reference::gemm(M, N, K, 1, {X.data(), ldx}, {W.data(), K, true}, 1, y.data(), N);
    return y;
  }
};

template <class T>
std::vector<Layer<T>> layers() {
  return {{1, 1}, {0, 5}, {5, 0}, {2, 7}, {7, 16}, {13, 100}, {50, 3072}, {2304, 129}, {3001, 33}};
}

}  // namespace

TEST_CASE_TEMPLATE("linear_few_rows agrees with the textbook loop for every number of rows", T,
                   real, bf16) {
  for (const Layer<T>& layer : layers<T>()) {
    for (int64_t M = 0; M <= kernels::few_rows; ++M) {
      for (const bool with_bias : {false, true}) {
        CAPTURE(layer.N);
        CAPTURE(layer.K);
        CAPTURE(M);
        const Numbers expected = layer.expected(M, with_bias);
        // Entries within [-1, 1]: each of the K terms may be rounded once.
        const real tolerance =
            static_cast<real>(layer.K + 4) * std::numeric_limits<real>::epsilon();
        testing::for_each_target([&] {
          const Numbers y = layer.run(0, M, with_bias);
          bool close = true;
          for (size_t i = 0; i < y.size(); ++i) close &= std::abs(y[i] - expected[i]) <= tolerance;
          CHECK(close);
        });
      }
    }
  }
}

TEST_CASE_TEMPLATE("linear_few_rows: a row has the same bits alone and among others", T, real,
                   bf16) {
  for (const Layer<T>& layer : layers<T>()) {
    CAPTURE(layer.N);
    const Numbers all = layer.run(0, kernels::few_rows);
    for (int64_t begin = 0; begin < kernels::few_rows; ++begin) {
      for (int64_t M = 1; M <= kernels::few_rows - begin; ++M) {
        const auto from = all.begin() + begin * layer.N;
        CHECK(layer.run(begin, M) == Numbers(from, from + M * layer.N));
      }
    }
  }
}

TEST_CASE_TEMPLATE("linear_few_rows gives the same bits for any number of threads", T, real, bf16) {
  std::vector<Layer<T>> all = layers<T>();
  all.emplace_back(3001, 400);  // several ranges for each thread
  for (const Layer<T>& layer : all) {
    CAPTURE(layer.N);
    for (const int64_t M : {1, 2, 3, 16}) {
      CHECK(testing::same_for_any_thread_count([&] { return layer.run(0, M); }));
    }
    const Numbers several = layer.run(0, 3);
    CHECK(layer.run(0, 1) == Numbers(several.begin(), several.begin() + layer.N));
  }
}
