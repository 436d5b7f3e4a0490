#include "train/bench_floor.h"

#include <algorithm>
#include <chrono>

#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/gemm.h"

namespace gradus {
namespace {

template <class F>
double best_ms(F f) {
  double best = 1e30, total = 0;
  for (int i = 0; i < 50 && (i < 3 || total < 600); ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, ms);
    total += ms;
  }
  return best;
}

// C (M, N) = A (M, K) B (K, N), by the faster of our tile grid and BLAS's own threads.
double product_ms(int64_t M, int64_t N, int64_t K, bool transpose_a, bool transpose_b) {
  const Tensor a = rand({M, K}), b = rand({K, N});
  Tensor c = empty({M, N});
  const kernels::Matrix A{a.data(), transpose_a ? M : K, transpose_a};
  const kernels::Matrix B{b.data(), transpose_b ? K : N, transpose_b};
  real* out = c.mutable_data();
  return std::min(best_ms([&] { kernels::gemm(M, N, K, 1, A, B, 0, out, N); }),
                  best_ms([&] { kernels::gemm_blas_threads(M, N, K, 1, A, B, 0, out, N); }));
}

// Forward x wᵀ, dx = dy w, dw = dyᵀ x of a layer from K to N numbers over M tokens.
double linear_ms(int64_t M, int64_t N, int64_t K) {
  return product_ms(M, N, K, false, true) + product_ms(M, K, N, false, false) +
         product_ms(N, K, M, true, false);
}

// `count` independent products on the threads, as attention computes them per head.
double products_ms(int64_t count, int64_t M, int64_t N, int64_t K, bool transpose_a,
                   bool transpose_b) {
  const Tensor a = rand({count, M, K}), b = rand({count, K, N});
  Tensor c = empty({count, M, N});
  std::vector<int64_t> at_a, at_b, at_c;
  for (int64_t i = 0; i < count; ++i) {
    at_a.push_back(i * M * K);
    at_b.push_back(i * K * N);
    at_c.push_back(i * M * N);
  }
  const kernels::Matrix A{a.data(), transpose_a ? M : K, transpose_a};
  const kernels::Matrix B{b.data(), transpose_b ? K : N, transpose_b};
  real* out = c.mutable_data();
  return best_ms([&] {
    kernels::gemm_batched({count, at_a.data(), at_b.data(), at_c.data()}, M, N, K, 1, A, B, 0, out,
                          N);
  });
}

// s = q kᵀ and dP = dy vᵀ;  y = P v and dq = ds k;  dv = Pᵀ dy and dk = dsᵀ q.
double attention_ms(int64_t heads, int64_t T, int64_t hs) {
  return 2 *
         (products_ms(heads, T, T, hs, false, true) + products_ms(heads, T, hs, T, false, false) +
          products_ms(heads, T, hs, T, true, false));
}

// Bytes per second of y += a x (the triad of McCalpin's STREAM), which reads x and y and writes y:
// far more numbers than the caches hold.
double memory_bandwidth() {
  constexpr int64_t n = int64_t{1} << 25;
  const Tensor x = zeros(Shape{n});
  Tensor y = zeros(Shape{n});
  real* out = y.mutable_data();
  const double ms = best_ms([&] { kernels::add_scaled(n, 1, x.data(), 1, out, 1); });
  return static_cast<double>(3 * n) * sizeof(real) / ms * 1000;
}

// AdamW reads w, g, m, v and writes w, m, v: 28 bytes per number in single precision.
double optimizer_ms(int64_t num_parameters) {
  return static_cast<double>(7 * num_parameters) * sizeof(real) / memory_bandwidth() * 1000;
}

// All blocks of a model.
template <class Config>
double blocks_ms(const Config& c, int64_t B, int64_t T) {
  const int64_t M = B * T, C = c.n_embd;
  const double block = linear_ms(M, 3 * C, C) + linear_ms(M, C, C) + linear_ms(M, 4 * C, C) +
                       linear_ms(M, C, 4 * C) + attention_ms(B * c.n_head, T, C / c.n_head);
  return static_cast<double>(c.n_layer) * block;
}

Floor with_optimizer(double gemm_ms, int64_t num_parameters) {
  const bool in_cache = num_parameters <= 50'000'000;
  return {.gemm_ms = gemm_ms, .optimizer_ms = in_cache ? 0 : optimizer_ms(num_parameters)};
}

}  // namespace

Floor measure_floor(const GPTConfig& c, int64_t B, int64_t T, int64_t num_parameters) {
  return with_optimizer(blocks_ms(c, B, T) + linear_ms(B * T, c.vocab_size, c.n_embd),
                        num_parameters);
}

Floor measure_floor(const BERTConfig& c, int64_t B, int64_t T, int64_t targets,
                    int64_t num_parameters) {
  const double head =
      linear_ms(targets, c.n_embd, c.n_embd) + linear_ms(targets, c.vocab_size, c.n_embd);
  return with_optimizer(blocks_ms(c, B, T) + head, num_parameters);
}

Peaks measure_peaks() {
  constexpr int64_t n = 1024;  // large enough for full speed, small enough for many tries
  const double flops = 2.0 * n * n * n;
  return {.flops = flops / product_ms(n, n, n, false, false) * 1000, .bytes = memory_bandwidth()};
}

}  // namespace gradus
