#pragma once
// The transformer block and its two halves. Variants are switches of this one block.

#include <optional>

#include "nn/kv_cache.h"
#include "nn/layers.h"

namespace gradus {

/// Where the norm stands. pre: x + f(norm(x)). post: norm(x + f(x)).
enum class Placement { pre, post };

struct BlockConfig {
  int64_t n_embd = 0;
  int64_t n_head = 0;
  int64_t n_inner = 0;  // width inside the MLP; 0 means 4 n_embd
  real dropout = 0;
  bool bias = true;
  bool causal = true;
  NormKind norm = NormKind::layer;
  Placement placement = Placement::pre;
  Activation activation = Activation::gelu_tanh;
  real norm_eps = real(1e-5);

  int64_t inner() const { return n_inner == 0 ? 4 * n_embd : n_inner; }
  NormOptions norm_options() const { return {.kind = norm, .bias = bias, .eps = norm_eps}; }
};

/// What a block is told besides its input.
struct BlockContext {
  Tensor key_mask = {};         // (B, T): 0 hides a padding token from every query
  LayerCache* cache = nullptr;  // keys and values of the tokens before x
  /// Keeps x alone for backward, and computes the block again there (Chen et al. 2016).
  bool recompute = false;
};

/// Multi-head self-attention (Vaswani et al. 2017, §3.2). x (B, T, C) -> (B, T, C)
struct SelfAttention : Module {
  /// Throws ValueError unless n_head divides n_embd.
  explicit SelfAttention(const BlockConfig& c);
  BlockConfig config;
  Linear c_attn = child("c_attn", Linear(config.n_embd, 3 * config.n_embd, {.bias = config.bias}));
  Linear c_proj = child("c_proj", Linear(config.n_embd, config.n_embd, {.bias = config.bias}));
  Dropout resid_dropout = child("resid_dropout", Dropout(config.dropout));
  Tensor operator()(const Tensor& x, const BlockContext& context = {}) const;
};

/// Position-wise feed-forward network (Vaswani et al. 2017, eq. 2), wider inside.
struct MLP : Module {
  explicit MLP(const BlockConfig& c) : config(c) {}
  BlockConfig config;
  Linear c_fc = child("c_fc", Linear(config.n_embd, config.inner(), {.bias = config.bias}));
  Linear c_proj = child("c_proj", Linear(config.inner(), config.n_embd, {.bias = config.bias}));
  Dropout resid_dropout = child("dropout", Dropout(config.dropout));
  Tensor operator()(const Tensor& x) const {
    return resid_dropout(c_proj(activate(config.activation, c_fc(x))));
  }
};

/// Transformer block. Pre-norm (Radford et al. 2019, §2.3): x + f(norm(x)).
/// Post-norm (Vaswani et al. 2017, §3.1): norm(x + f(x)). x (B, T, C) -> (B, T, C)
struct Block : Module {
  explicit Block(const BlockConfig& c) : config(c) {}
  BlockConfig config;
  Norm ln_1 = child("ln_1", Norm(config.n_embd, config.norm_options()));
  SelfAttention attn = child("attn", SelfAttention(config));
  Norm ln_2 = child("ln_2", Norm(config.n_embd, config.norm_options()));
  MLP mlp = child("mlp", MLP(config));

  Tensor operator()(const Tensor& x, const BlockContext& context = {}) const {
    if (context.recompute) return recomputed(x, context);
    const auto attend = [&](const Tensor& input) { return attn(input, context); };
    const Tensor h = residual(x, ln_1, attend);
    return residual(h, ln_2, mlp);
  }

 private:
  Tensor recomputed(const Tensor& x, BlockContext context) const;
  template <class F>
  Tensor residual(const Tensor& x, const Norm& norm, const F& f) const {
    return config.placement == Placement::pre ? x + f(norm(x)) : norm(x + f(x));
  }
};

}  // namespace gradus
