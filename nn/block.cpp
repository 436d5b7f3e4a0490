#include "nn/block.h"

#include "autograd/checkpoint.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

const BlockConfig& checked(const BlockConfig& c) {
  check_value(c.n_head > 0 && c.n_embd > 0 && c.n_embd % c.n_head == 0,
              "attention: n_head {} must divide n_embd {}", c.n_head, c.n_embd);
  check_value(c.kv_heads >= 0 && c.n_head % c.num_kv_heads() == 0,
              "attention: kv_heads {} must divide n_head {}", c.kv_heads, c.n_head);
  return c;
}

}  // namespace

SelfAttention::SelfAttention(const BlockConfig& c) : config(checked(c)) {
  if (!config.qk_norm) return;
  const NormOptions options{.kind = NormKind::rms, .eps = config.norm_eps};
  q_norm = child("q_norm", Norm(config.head_size(), options));
  k_norm = child("k_norm", Norm(config.head_size(), options));
}

Tensor SelfAttention::operator()(const Tensor& x, const BlockContext& context) const {
  const int64_t B = x.dim(0), T = x.dim(1), C = x.dim(2);
  const int64_t NH = config.n_head, NKV = config.num_kv_heads(), hs = config.head_size();
  const Tensor qkv = c_attn(x).view({B, T, NH + 2 * NKV, hs});
  Tensor q = qkv.narrow(2, 0, NH);  // (B, T, NH, hs)
  Tensor k = qkv.narrow(2, NH, NKV), v = qkv.narrow(2, NH + NKV, NKV);
  if (q_norm) {
    q = (*q_norm)(q);
    k = (*k_norm)(k);
  }
  if (context.rope) {
    q = rope(q, context.rope->cos, context.rope->sin);
    k = rope(k, context.rope->cos, context.rope->sin);
  }
  if (context.cache != nullptr) std::tie(k, v) = context.cache->append(k, v);  // (B, S, NKV, hs)
  const Tensor y = attention(q, k, v,
                             {.causal = config.causal,
                              .key_mask = context.key_mask,
                              .window = config.window,
                              .relative_bias = context.relative_bias});
  return resid_dropout(c_proj(y.reshape({B, T, C})));
}

MLP::MLP(const BlockConfig& c) : config(c) {
  if (is_gated(config.activation))
    c_gate = child("c_gate", Linear(config.n_embd, config.inner(), {.bias = config.bias}));
}

Tensor Block::recomputed(const Tensor& x, BlockContext context) const {
  check<GraphError>(context.cache == nullptr,
                    "block: what a cache keeps cannot be computed again in backward; generate "
                    "under NoGrad or EvalMode");
  std::vector<Tensor> inputs{x}, parameters;
  if (context.relative_bias.defined()) inputs.push_back(context.relative_bias);
  for (const NamedTensor& p : named_parameters()) parameters.push_back(p.tensor);
  context.recompute = false;
  const auto block = [this, context](Inputs in) {
    BlockContext told = context;
    if (in.size() > 1) told.relative_bias = in[1];
    return (*this)(in[0], told);
  };
  return checkpoint(block, inputs, parameters);
}

}  // namespace gradus
