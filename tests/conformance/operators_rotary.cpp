// Rotary position embedding (Su et al. 2021, §3.4.2), composed: each pair of channels is turned by
// an angle that grows with the position.

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

// Cosines or sines, one row per position: (P, R/2) looked up at position_ids (B, T), or given for
// every token as (B, T, R/2). Result (B, T, 1, R/2), the same for all heads.
Tensor angles(const Call& call, size_t cache) {
  const Tensor table = call[cache].tensor();
  const Tensor rows = call.has(3) ? embedding(table, call[3].ids(table.dim(0))) : table;
  return rows.unsqueeze(2);
}

// x (B, T, NH, R). The pairs are neighbours (interleaved) or lie half the width apart.
Tensor rotate(const Tensor& x, const Tensor& cos, const Tensor& sin, bool interleaved) {
  const int64_t half = x.dim(-1) / 2;
  const Tensor a = interleaved ? x.slice(-1, 0, 2 * half, 2) : x.narrow(-1, 0, half);
  const Tensor b = interleaved ? x.slice(-1, 1, 2 * half, 2) : x.narrow(-1, half, half);
  const Tensor real_part = cos * a - sin * b, imaginary_part = sin * a + cos * b;
  if (!interleaved) return concat({real_part, imaginary_part}, -1);
  return stack({real_part, imaginary_part}, real_part.rank()).reshape(x.shape());
}

// Input (B, NH, T, hs) or (B, T, NH * hs); only the first rotary_embedding_dim channels are turned.
std::vector<Value> rotary_embedding(const Call& call) {
  const Tensor given = call[0].tensor();
  const bool heads_first = given.rank() == 4;
  const int64_t NH = heads_first ? given.dim(1) : call.integer("num_heads");
  const Tensor x = heads_first ? given.transpose(1, 2)
                               : given.reshape({given.dim(0), given.dim(1), NH, given.dim(2) / NH});
  const int64_t asked = call.integer("rotary_embedding_dim", 0), hs = x.dim(-1);
  const int64_t R = asked == 0 ? hs : asked;
  const Tensor turned = rotate(x.narrow(-1, 0, R), angles(call, 1), angles(call, 2),
                               call.integer("interleaved", 0) != 0);
  const Tensor y = R == hs ? turned : concat({turned, x.narrow(-1, R, hs - R)}, -1);
  return {Value(heads_first ? y.transpose(1, 2) : y.reshape(given.shape()), call[0].dtype())};
}

}  // namespace

void add_rotary_embedding(Table& table) {
  table["RotaryEmbedding"] = {rotary_embedding,
                              {"interleaved", "num_heads", "rotary_embedding_dim"}};
}

}  // namespace gradus::conformance
