#include "nn/positions.h"

#include <bit>
#include <cmath>
#include <numeric>

#include "tensor/errors.h"

namespace gradus {
namespace {

// theta^(-2i/n). Angles are multiplied out in double: at p = 10,000 single precision has lost three
// digits.
double frequency(int64_t i, int64_t n, real theta) {
  return std::pow(static_cast<double>(theta),
                  -2.0 * static_cast<double>(i) / static_cast<double>(n));
}

}  // namespace

Tokens places_from(int64_t first, int64_t T) {
  Tokens places(Shape{T});
  std::iota(places.data(), places.data() + T, static_cast<int32_t>(first));
  return places;
}

Tensor sinusoids(const Tokens& places, int64_t C) {
  Tensor table(places.shape.insert(places.shape.rank(), C));
  real* out = table.mutable_data();
  for (int64_t c = 0; c < C; ++c) {
    const double w = frequency(c / 2, C, 10000);
    for (int64_t n = 0; n < places.numel(); ++n) {
      const double a = places.data()[n] * w;
      out[n * C + c] = static_cast<real>(c % 2 == 0 ? std::sin(a) : std::cos(a));
    }
  }
  return table;
}

Tensor add_positions(Positions kind, const Tensor& x, const Tokens& places, const Tensor& table) {
  if (kind == Positions::sinusoidal) {
    // Vaswani et al. 2017, §3.4: √C, or the sinusoids would drown the tokens.
    const int64_t C = x.dim(-1);
    return x * std::sqrt(static_cast<real>(C)) + sinusoids(places, C);
  }
  if (kind != Positions::learned) return x;
  if (places.shape.rank() != 1) return x + embedding(table, places);
  return x + table.narrow(0, places.ids.empty() ? 0 : places.ids[0], places.dim(0));
}

RopeAngles rope_angles(const Tokens& places, int64_t hs, real theta) {
  const Shape shape = places.shape.insert(places.shape.rank(), hs / 2);
  RopeAngles r{Tensor(shape), Tensor(shape)};
  real *cos = r.cos.mutable_data(), *sin = r.sin.mutable_data();
  for (int64_t i = 0; i < hs / 2; ++i) {
    const double w = frequency(i, hs, theta);
    for (int64_t n = 0; n < places.numel(); ++n) {
      const double a = places.data()[n] * w;
      cos[n * (hs / 2) + i] = static_cast<real>(std::cos(a));
      sin[n * (hs / 2) + i] = static_cast<real>(std::sin(a));
    }
  }
  return r;
}

std::vector<real> alibi_slopes(int64_t heads) {
  const auto power = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(heads)));
  const auto slope = [](int64_t k, int64_t n) {  // the k-th of n, n a power of two
    return static_cast<real>(std::exp2(-8.0 * static_cast<double>(k) / static_cast<double>(n)));
  };
  std::vector<real> slopes;
  for (int64_t k = 1; k <= power; ++k) slopes.push_back(slope(k, power));
  for (int64_t k = 1; k <= heads - power; ++k) slopes.push_back(slope(2 * k - 1, 2 * power));
  return slopes;
}

Tensor alibi_bias(int64_t heads, int64_t T, int64_t S) {
  const int64_t distances = std::max<int64_t>(0, T + S - 1);
  Tensor bias({heads, distances});
  real* out = bias.mutable_data();
  for (const real slope : alibi_slopes(heads)) {
    for (int64_t d = 0; d < distances; ++d) {
      *out++ = -slope * static_cast<real>(std::abs(d - (T - 1)));
    }
  }
  return bias;
}

int64_t relative_bucket(int64_t ahead, bool bidirectional, const RelativeBuckets& b) {
  const int64_t count = bidirectional ? b.count / 2 : b.count;
  const int64_t side = bidirectional && ahead > 0 ? count : 0;
  const int64_t distance = bidirectional ? std::abs(ahead) : std::max<int64_t>(0, -ahead);
  const int64_t exact = count / 2;
  check_value(0 < exact && exact < b.max_distance,
              "relative_bucket: {} buckets are too few or too many for distances up to {}", b.count,
              b.max_distance);
  if (distance < exact) return side + distance;
  const double steps = std::log(static_cast<double>(distance) / static_cast<double>(exact)) /
                       std::log(static_cast<double>(b.max_distance) / static_cast<double>(exact));
  const auto far = exact + static_cast<int64_t>(steps * static_cast<double>(count - exact));
  return side + std::min(far, count - 1);
}

Tensor relative_bias(const Tensor& table, int64_t T, int64_t S, bool bidirectional) {
  Tokens buckets(Shape{std::max<int64_t>(0, T + S - 1)});
  for (int64_t d = 0; d < buckets.numel(); ++d) {
    const int64_t ahead = T - 1 - d;
    buckets.data()[d] =
        static_cast<int32_t>(relative_bucket(ahead, bidirectional, {.count = table.dim(0)}));
  }
  return embedding(table, buckets).transpose(0, 1);  // (heads, T + S - 1)
}

}  // namespace gradus
