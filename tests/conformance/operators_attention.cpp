// Attention of opsets 23 and 24. The fused op of gradus answers what it can; softcapping, values
// of another width than the keys, masks that want a gradient and the scores themselves are
// composed from the formula.

#include <cmath>
#include <limits>

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

constexpr real infinity = std::numeric_limits<real>::infinity();

// (B, heads, T, hs), which may come as (B, T, heads * hs)
Tensor heads_first(const Tensor& x, const Call& call, const char* heads) {
  if (x.rank() == 4) return x;
  check_shape(x.rank() == 3, "Attention: {} has neither 3 nor 4 dimensions", x.shape());
  const int64_t NH = call.integer(heads);
  return x.reshape({x.dim(0), x.dim(1), NH, x.dim(2) / NH}).transpose(1, 2);
}

struct Operands {
  explicit Operands(const Call& call)
      : q(heads_first(call[0].tensor(), call, "q_num_heads")),
        k(heads_first(call[1].tensor(), call, "kv_num_heads")),
        v(heads_first(call[2].tensor(), call, "kv_num_heads")) {
    if (call.has(4)) {
      past = call[4].shape().dim(2);
      k = concat({call.tensor(4), k}, 2);
      v = concat({call.tensor(5), v}, 2);
    }
    B = q.dim(0), NH = q.dim(1), T = q.dim(2), S = k.dim(2);
    scale = call.has("scale") ? call.number("scale") : 1 / std::sqrt(static_cast<real>(q.dim(3)));
  }
  Tensor q, k, v;  // (B, NH, T, hs), (B, NKV, S, hs), (B, NKV, S, hv)
  int64_t B, NH, T, S, past = 0;
  real scale;
};

// 0 where condition holds, -infinity elsewhere.
Tensor allow(const Tensor& condition) { return where(condition, scalar(0), scalar(-infinity)); }

// attn_mask is boolean (true: attend) or added to the scores. Keys beyond its end are hidden.
Tensor given_mask(const Call& call, int64_t S) {
  const Tensor given = call.tensor(3);
  const Tensor mask = call[3].dtype() == "bool" ? allow(given) : given;
  const int64_t missing = S - mask.dim(-1);
  if (missing <= 0 || mask.dim(-1) == 1) return mask;
  return concat({mask, full(mask.shape().with(mask.rank() - 1, missing), -infinity)}, -1);
}

// Query t sees keys up to past + t.
Tensor causal_mask(const Operands& o) {
  const Tensor last_key = (arange(o.T) + static_cast<real>(o.past)).unsqueeze(1);  // (T, 1)
  return allow(less_equal(arange(o.S), last_key));                                 // (T, S)
}

// Batch b has nonpad_kv_seqlen[b] keys.
Tensor padding_mask(const Call& call, const Operands& o) {
  const Tensor lengths = call.tensor(6).reshape({o.B, 1, 1, 1});
  return allow(less(arange(o.S), lengths));  // (B, 1, 1, S)
}

// Everything that is added to the scores, undefined if nothing is.
Tensor bias_of(const Call& call, const Operands& o, bool with_causal) {
  Tensor bias;
  const auto add_mask = [&](const Tensor& mask) { bias = bias.defined() ? bias + mask : mask; };
  if (call.has(3)) add_mask(given_mask(call, o.S));
  if (with_causal) add_mask(causal_mask(o));
  if (call.has(6)) add_mask(padding_mask(call, o));
  return bias;
}

Tensor fused(const Operands& o, bool causal, const Tensor& bias) {
  const auto rows_first = [](const Tensor& x) { return x.transpose(1, 2); };  // (B, T, NH, hs)
  const Tensor y = attention(rows_first(o.q), rows_first(o.k), rows_first(o.v),
                             {.causal = causal, .scale = o.scale, .bias = bias});
  return y.transpose(1, 2);
}

// Each key/value head serves NH / NKV neighbouring query heads.
Tensor repeat_heads(const Tensor& x, int64_t NH) {
  const Shape shape = x.shape();
  return x.unsqueeze(2).expand(shape.insert(2, NH / shape[1])).reshape(shape.with(1, NH));
}

struct Composed {
  Tensor y, scores;
};

// y = softmax(cap tanh(scale q kᵀ / cap) + bias) v; which of the steps `scores` shows is chosen by
// qk_matmul_output_mode.
Composed composed(const Call& call, const Operands& o, const Tensor& bias) {
  const Tensor k = repeat_heads(o.k, o.NH), v = repeat_heads(o.v, o.NH);
  const real cap = call.number("softcap", 0);
  const Tensor raw = matmul(o.q * o.scale, k.transpose(2, 3));  // (B, NH, T, S)
  const Tensor capped = cap > 0 ? tanh(raw / cap) * cap : raw;
  const Tensor biased = bias.defined() ? capped + bias : capped;
  const Tensor weights = softmax(biased, -1);
  const Tensor steps[] = {raw, capped, biased, weights};
  const int64_t mode = call.integer("qk_matmul_output_mode", 0);
  check_value(mode >= 0 && mode < 4, "Attention: qk_matmul_output_mode is {}", mode);
  return {matmul(weights, v), steps[mode]};
}

std::vector<Value> attention_of(const Call& call) {
  const Operands o(call);
  const bool causal = call.integer("is_causal", 0) != 0;
  const bool fits = call.number("softcap", 0) == 0 && o.k.shape() == o.v.shape() &&
                    !call.wants(3) && !call.tensor(3).requires_grad();
  // The fused op aligns the last query with the last key, ONNX the first query with key `past`.
  const bool same_causal = o.S - o.T == o.past;
  const Tensor bias = bias_of(call, o, causal && !(fits && same_causal));
  const Composed result =
      fits ? Composed{fused(o, causal && same_causal, bias), {}} : composed(call, o, bias);
  Tensor y = result.y;
  if (call[0].shape().rank() == 3) y = y.transpose(1, 2).reshape({o.B, o.T, o.NH * o.v.dim(3)});
  const std::string& dtype = call[0].dtype();
  std::vector<Value> values = {Value(y, dtype), Value(o.k, dtype), Value(o.v, call[2].dtype())};
  if (result.scores.defined()) values.emplace_back(result.scores, dtype);
  return values;
}

}  // namespace

void add_attention(Table& table) {
  table["Attention"] = {
      attention_of,
      {"is_causal", "scale", "q_num_heads", "kv_num_heads", "softcap", "qk_matmul_output_mode"}};
}

}  // namespace gradus::conformance
