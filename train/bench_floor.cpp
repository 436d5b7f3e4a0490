#include "train/bench_floor.h"

#include <algorithm>
#include <chrono>

#include "tensor/bf16_copy.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/gemm_bf16.h"

namespace gradus {
namespace {

template <class F>
double time_ms(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

template <class F>
double best_ms(F f) {
  double best = 1e30, total = 0;
  for (int i = 0; i < 50 && (i < 3 || total < 600); ++i) {
    const double ms = time_ms(f);
    best = std::min(best, ms);
    total += ms;
  }
  return best;
}

// C (M, N) = A (M, K) B (K, N) of operands that are bfloat16 already.
double bf16_product_ms(Precision precision, int64_t M, int64_t N, int64_t K, bool transpose_a,
                       bool transpose_b) {
  const Tensor a = rand({M, K}), b = rand({K, N});
  const BF16Copy a16(a.numel(), a.data()), b16(b.numel(), b.data());
  Tensor c = empty({M, N});
  const kernels::MatrixBF16 A{a16.data(), transpose_a ? M : K, transpose_a};
  const kernels::MatrixBF16 B{b16.data(), transpose_b ? K : N, transpose_b};
  real* out = c.mutable_data();
  return best_ms([&] { kernels::gemm_bf16(precision, M, N, K, A, B, 0, out, N); });
}

// The same in any precision; in float32 by the faster of our tile grid and BLAS's own threads.
double product_ms(Precision precision, int64_t M, int64_t N, int64_t K, bool transpose_a,
                  bool transpose_b) {
  if (precision != Precision::float32)
    return bf16_product_ms(precision, M, N, K, transpose_a, transpose_b);
  const Tensor a = rand({M, K}), b = rand({K, N});
  Tensor c = empty({M, N});
  const kernels::Matrix A{a.data(), transpose_a ? M : K, transpose_a};
  const kernels::Matrix B{b.data(), transpose_b ? K : N, transpose_b};
  real* out = c.mutable_data();
  return std::min(best_ms([&] { kernels::gemm(M, N, K, 1, A, B, 0, out, N); }),
                  best_ms([&] { kernels::gemm_blas_threads(M, N, K, 1, A, B, 0, out, N); }));
}

// Forward x wᵀ, dx = dy w, dw = dyᵀ x of a layer from K to N numbers over M tokens.
double linear_ms(Precision precision, int64_t M, int64_t N, int64_t K) {
  return product_ms(precision, M, N, K, false, true) +
         product_ms(precision, M, K, N, false, false) + product_ms(precision, N, K, M, true, false);
}

// `count` independent products of bfloat16 operands on the threads.
double bf16_products_ms(Precision precision, const Tensor& a, const Tensor& b, int64_t count,
                        int64_t M, int64_t N, int64_t K, bool transpose_a, bool transpose_b) {
  const BF16Copy a16(a.numel(), a.data()), b16(b.numel(), b.data());
  Tensor c = empty({count, M, N});
  real* out = c.mutable_data();
  return best_ms([&] {
    parallel_for(count, 1, [&](int64_t i, int64_t) {
      const kernels::MatrixBF16 A{a16.data() + i * M * K, transpose_a ? M : K, transpose_a};
      const kernels::MatrixBF16 B{b16.data() + i * K * N, transpose_b ? K : N, transpose_b};
      kernels::gemm_bf16(precision, M, N, K, A, B, 0, out + i * M * N, N);
    });
  });
}

// The same in any precision, as attention computes them per head; in bfloat16 or float32,
// whichever is faster for so small ones.
double products_ms(Precision precision, int64_t count, int64_t M, int64_t N, int64_t K,
                   bool transpose_a, bool transpose_b) {
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
  const double in_float32 = best_ms([&] {
    kernels::gemm_batched({count, at_a.data(), at_b.data(), at_c.data()}, M, N, K, 1, A, B, 0, out,
                          N);
  });
  if (precision == Precision::float32) return in_float32;
  return std::min(in_float32,
                  bf16_products_ms(precision, a, b, count, M, N, K, transpose_a, transpose_b));
}

// s = q kᵀ and dP = dy vᵀ;  y = P v and dq = ds k;  dv = Pᵀ dy and dk = dsᵀ q.
double attention_ms(Precision p, int64_t heads, int64_t T, int64_t hs) {
  return 2 * (products_ms(p, heads, T, T, hs, false, true) +
              products_ms(p, heads, T, hs, T, false, false) +
              products_ms(p, heads, T, hs, T, true, false));
}

// y += a x reads x and y and writes y.
constexpr int64_t numbers_in_memory = int64_t{1} << 25;
constexpr double traffic_bytes = static_cast<double>(3 * numbers_in_memory) * sizeof(real);

void stream(const Tensor& x, Tensor& y) {
  kernels::add_scaled(x.numel(), 1, x.data(), 1, y.mutable_data(), 1);
}

// AdamW reads w, g, m, v and writes w, m, v: 28 bytes per number in single precision.
double optimizer_ms(int64_t num_parameters) {
  const Tensor x = zeros({numbers_in_memory});
  Tensor y = zeros({numbers_in_memory});
  const double bytes = static_cast<double>(7 * num_parameters) * sizeof(real);
  return best_ms([&] { stream(x, y); }) * bytes / traffic_bytes;
}

// All blocks of a model.
template <class Config>
double blocks_ms(const Config& c, Precision p, int64_t B, int64_t T) {
  const int64_t M = B * T, C = c.n_embd;
  const double block = linear_ms(p, M, 3 * C, C) + linear_ms(p, M, C, C) +
                       linear_ms(p, M, 4 * C, C) + linear_ms(p, M, C, 4 * C) +
                       attention_ms(p, B * c.n_head, T, C / c.n_head);
  return static_cast<double>(c.n_layer) * block;
}

Floor with_optimizer(double gemm_ms, int64_t num_parameters) {
  const bool in_cache = num_parameters <= 50'000'000;
  return {.gemm_ms = gemm_ms, .optimizer_ms = in_cache ? 0 : optimizer_ms(num_parameters)};
}

}  // namespace

Floor measure_floor(const GPTConfig& c, Precision p, int64_t B, int64_t T, int64_t num_parameters) {
  return with_optimizer(blocks_ms(c, p, B, T) + linear_ms(p, B * T, c.vocab_size, c.n_embd),
                        num_parameters);
}

Floor measure_floor(const BERTConfig& c, Precision p, int64_t B, int64_t T, int64_t targets,
                    int64_t num_parameters) {
  const double head =
      linear_ms(p, targets, c.n_embd, c.n_embd) + linear_ms(p, targets, c.vocab_size, c.n_embd);
  return with_optimizer(blocks_ms(c, p, B, T) + head, num_parameters);
}

// Products of 1024 x 1024: large enough for full speed, small enough for many tries.
PeakMeter::PeakMeter(Precision precision)
    : precision_(precision),
      a_(rand({1024, 1024})),
      b_(rand({1024, 1024})),
      c_(Shape{1024, 1024}),
      x_(zeros({numbers_in_memory})),
      y_(zeros({numbers_in_memory})) {
  try_once();  // BLAS sets up its buffers, and memory is touched for the first time
  best_ = {};
}

void PeakMeter::try_once() {
  const int64_t n = a_.dim(0);
  const double work = 2 * static_cast<double>(n * n * n) * 1000;
  const kernels::Matrix A{a_.data(), n}, B{b_.data(), n};
  real* out = c_.mutable_data();
  const double ms =
      std::min(time_ms([&] { kernels::gemm(n, n, n, 1, A, B, 0, out, n); }),
               time_ms([&] { kernels::gemm_blas_threads(n, n, n, 1, A, B, 0, out, n); }));
  best_.flops = std::max(best_.flops, work / ms);
  if (precision_ != Precision::float32) {
    const BF16Copy a16(n * n, a_.data()), b16(n * n, b_.data());
    const kernels::MatrixBF16 A16{a16.data(), n}, B16{b16.data(), n};
    const auto product = [&] { kernels::gemm_bf16(precision_, n, n, n, A16, B16, 0, out, n); };
    best_.rounded_flops = std::max(best_.rounded_flops, work / time_ms(product));
  }
  best_.bytes = std::max(best_.bytes, traffic_bytes / time_ms([&] { stream(x_, y_); }) * 1000);
}

}  // namespace gradus
