#include "nn/block.h"

#include <array>

#include "autograd/checkpoint.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

const BlockConfig& checked(const BlockConfig& c) {
  check_value(c.n_head > 0 && c.n_embd > 0 && c.n_embd % c.n_head == 0,
              "attention: n_head {} must divide n_embd {}", c.n_head, c.n_embd);
  return c;
}

}  // namespace

SelfAttention::SelfAttention(const BlockConfig& c) : config(checked(c)) {}

Tensor SelfAttention::operator()(const Tensor& x, const BlockContext& context) const {
  const int64_t B = x.dim(0), T = x.dim(1), C = x.dim(2);
  const int64_t NH = config.n_head, hs = C / NH;
  const Tensor qkv = c_attn(x).view({B, T, 3, NH, hs});  // q, k and v side by side
  const Tensor q = qkv.select(2, 0);                     // (B, T, NH, hs)
  Tensor k = qkv.select(2, 1), v = qkv.select(2, 2);
  if (context.cache != nullptr) std::tie(k, v) = context.cache->append(k, v);  // (B, S, NH, hs)
  const Tensor y = attention(q, k, v, {.causal = config.causal, .key_mask = context.key_mask});
  return resid_dropout(c_proj(y.reshape({B, T, C})));
}

Tensor Block::recomputed(const Tensor& x, BlockContext context) const {
  context.recompute = false;
  std::vector<Tensor> parameters;
  for (const NamedTensor& p : named_parameters()) parameters.push_back(p.tensor);
  const auto block = [this, context](Inputs in) { return (*this)(in[0], context); };
  return checkpoint(block, std::array{x}, parameters);
}

}  // namespace gradus
