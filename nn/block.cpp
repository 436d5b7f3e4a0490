#include "nn/block.h"

#include "autograd/checkpoint.h"
#include "nn/attention_probabilities.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

const BlockConfig& checked(const BlockConfig& c) {
  check_value(c.head_width >= 0, "attention: head_width {} must not be negative", c.head_width);
  check_value(c.n_head > 0 && c.n_embd > 0 && (c.head_width > 0 || c.n_embd % c.n_head == 0),
              "attention: n_head {} must divide n_embd {}", c.n_head, c.n_embd);
  check_value(c.kv_heads >= 0 && c.n_head % c.num_kv_heads() == 0,
              "attention: kv_heads {} must divide n_head {}", c.kv_heads, c.n_head);
  return c;
}

Norm head_norm(const BlockConfig& c) {
  return Norm(c.head_size(), {.kind = NormKind::rms, .eps = c.norm_eps});
}

// What a block is told that may want a gradient.
constexpr Tensor BlockContext::*differentiable[] = {&BlockContext::relative_bias,
                                                    &BlockContext::memory};

}  // namespace

void tell_positions(BlockContext& context, Positions kind, const BlockConfig& c, real rope_theta,
                    const Tensor& table, const Tokens& places, int64_t S) {
  const int64_t T = places.dim(-1);
  if (kind == Positions::rope) context.rope = rope_angles(places, c.head_size(), rope_theta);
  if (kind == Positions::alibi) context.relative_bias = alibi_bias(c.n_head, T, S);
  if (kind == Positions::relative) context.relative_bias = relative_bias(table, T, S, !c.causal);
}

SelfAttention::SelfAttention(const BlockConfig& c) : config(checked(c)) {
  if (!config.qk_norm) return;
  q_norm = child("q_norm", head_norm(config));
  k_norm = child("k_norm", head_norm(config));
}

Tensor SelfAttention::operator()(const Tensor& x, const BlockContext& context) const {
  const int64_t B = x.dim(0), T = x.dim(1);
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
  const AttentionOptions options{.causal = config.causal,
                                 .scale = config.score_scale(),
                                 .key_mask = context.key_mask,
                                 .window = config.window,
                                 .relative_bias = context.relative_bias};
  if (context.maps != nullptr) context.maps->push_back(attention_probabilities(q, k, options));
  const Tensor y = attention(q, k, v, options);
  return resid_dropout(c_proj(y.reshape({B, T, NH * hs})));
}

CrossAttention::CrossAttention(const BlockConfig& c) : config(checked(c)) {
  if (!config.qk_norm) return;
  q_norm = child("q_norm", head_norm(config));
  k_norm = child("k_norm", head_norm(config));
}

// Of the memory: (B, S, NKV, hs) each, which are the same for every token of the target.
std::tuple<Tensor, Tensor> CrossAttention::keys_values(const BlockContext& context) const {
  LayerCache* const cache = context.memory_cache;
  if (cache != nullptr && cache->length() > 0) return cache->all();
  const Tensor& memory = context.memory;
  const int64_t NKV = config.num_kv_heads(), hs = config.head_size();
  check_shape(memory.defined() && memory.rank() == 3 && memory.dim(2) == config.n_embd,
              "cross-attention: memory {} must be (B, S, {})", memory.shape(), config.n_embd);
  const Tensor kv = c_kv(memory).view({memory.dim(0), memory.dim(1), 2 * NKV, hs});
  Tensor k = kv.narrow(2, 0, NKV);
  const Tensor v = kv.narrow(2, NKV, NKV);
  if (k_norm) k = (*k_norm)(k);
  return cache != nullptr ? cache->append(k, v) : std::tuple(k, v);
}

Tensor CrossAttention::operator()(const Tensor& x, const BlockContext& context) const {
  const int64_t B = x.dim(0), T = x.dim(1), NH = config.n_head, hs = config.head_size();
  Tensor q = c_q(x).view({B, T, NH, hs});
  if (q_norm) q = (*q_norm)(q);
  auto [k, v] = keys_values(context);
  if (k.dim(0) == 1 && B > 1) {  // one source for all rows, as in beam search
    k = k.expand(k.shape().with(0, B));
    v = v.expand(v.shape().with(0, B));
  }
  const AttentionOptions options{.scale = config.score_scale(), .key_mask = context.memory_mask};
  if (context.cross_maps != nullptr)
    context.cross_maps->push_back(attention_probabilities(q, k, options));
  const Tensor y = attention(q, k, v, options);
  return resid_dropout(c_proj(y.reshape({B, T, NH * hs})));
}

MLP::MLP(const BlockConfig& c) : config(c) {
  if (is_gated(config.activation))
    c_gate = child("c_gate", Linear(config.n_embd, config.inner(), {.bias = config.bias}));
}

Block::Block(const BlockConfig& c) : config(c) {
  if (!config.cross) return;
  ln_cross = child("ln_cross", Norm(config.n_embd, config.norm_options()));
  cross_attn = child("cross_attn", CrossAttention(config));
}

Tensor Block::recomputed(const Tensor& x, BlockContext context) const {
  check<GraphError>(context.cache == nullptr && context.memory_cache == nullptr,
                    "block: what a cache keeps cannot be computed again in backward; generate "
                    "under NoGrad or EvalMode");
  std::vector<Tensor> inputs{x}, parameters;
  for (const auto member : differentiable) {
    if ((context.*member).defined()) inputs.push_back(context.*member);
  }
  for (const NamedTensor& p : named_parameters()) parameters.push_back(p.tensor);
  context.recompute = false;
  const auto block = [this, context](Inputs in) {
    BlockContext told = context;
    size_t next = 1;
    for (const auto member : differentiable) {
      if ((told.*member).defined()) told.*member = in[next++];
    }
    return (*this)(in[0], told);
  };
  return checkpoint(block, inputs, parameters);
}

}  // namespace gradus
