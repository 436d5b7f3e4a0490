#pragma once
// How a transformer knows where a token stands. Learned vectors and sinusoids are added to the
// embeddings; rotations turn queries and keys; ALiBi and T5 add to the scores by distance.

#include "autograd/ops.h"

namespace gradus {

enum class Positions {
  none,        // only the causal mask tells
  learned,     // a vector per position (Radford et al. 2018; Devlin et al. 2019)
  sinusoidal,  // fixed sines and cosines (Vaswani et al. 2017, §3.5)
  rope,        // rotary (Su et al. 2021), as in Llama
  alibi,       // a penalty that grows with the distance (Press et al. 2022)
  relative     // a learned bias per bucket of distances (Raffel et al. 2020, §2.1), as in T5
};

/// The places first, first + 1, ...: (T).
Tokens places_from(int64_t first, int64_t T);

/// PE(p, 2i) = sin(p / 10000^(2i/C)), PE(p, 2i + 1) = cos of the same. places (...) -> (..., C)
Tensor sinusoids(const Tokens& places, int64_t C);

/// x (B, T, C), tokens at these places, (T) or (B, T), with what is added to them where they come
/// in: learned vectors, which are rows of `table`, or sinusoids. Throws ShapeError for a place
/// beyond the table.
Tensor add_positions(Positions kind, const Tensor& x, const Tokens& places, const Tensor& table);

/// cos and sin of p theta^(-2i/hs). places (...) -> (..., hs/2) each
struct RopeAngles {
  Tensor cos, sin;
};
RopeAngles rope_angles(const Tokens& places, int64_t hs, real theta);

/// The slope of each head: 2^(-8/n), 2^(-16/n), ... for n heads, a power of two; for others those
/// of the next smaller one and then every second of twice as many (Press et al. 2022, §3 and their
/// program).
std::vector<real> alibi_slopes(int64_t heads);

// Biases by distance are (heads, T + S - 1), as attention() takes them: T queries, the last of
// which stands where the last of S keys does. Column d is for the distance d - (T - 1) back.

/// -slope times the distance, which counts to both sides.
Tensor alibi_bias(int64_t heads, int64_t T, int64_t S);

struct RelativeBuckets {
  int64_t count = 32;          // half of them for each side if bidirectional
  int64_t max_distance = 128;  // everything beyond is one bucket
};
/// The bucket of a key `ahead` places after the query: near distances have one each, far ones
/// share them in logarithmic steps (Raffel et al. 2020, §2.1 and their program). Throws ValueError
/// for numbers of buckets that this cannot be done with.
int64_t relative_bucket(int64_t ahead, bool bidirectional, const RelativeBuckets& b = {});
/// table (buckets, heads), learned.
Tensor relative_bias(const Tensor& table, int64_t T, int64_t S, bool bidirectional);

}  // namespace gradus
