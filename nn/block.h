#pragma once
// The transformer block and its two halves. Variants are switches of this one block.

#include <optional>

#include "autograd/mode.h"
#include "nn/kv_cache.h"
#include "nn/layers.h"
#include "nn/positions.h"

namespace gradus {

/// Where the norm stands. pre: x + f(norm(x)). post: norm(x + f(x)).
enum class Placement { pre, post };

struct BlockConfig {
  int64_t n_embd = 0;
  int64_t n_head = 0;
  int64_t kv_heads = 0;    // key/value heads, each read by a group of heads; 0 means n_head
  int64_t n_inner = 0;     // width inside the MLP; 0 means 4 n_embd, or 8/3 of it with a gate
  int64_t head_width = 0;  // of a query, key or value; 0 means n_embd / n_head
  int64_t window = 0;      // keys are less than so many places away; 0 means all
  real dropout = 0;
  bool bias = true;
  bool causal = true;
  bool cross = false;        // attends to an encoder's states, too
  bool scale_scores = true;  // by 1/√hs
  bool qk_norm = false;      // RMSNorm of every query and key (Dehghani et al. 2023)
  NormKind norm = NormKind::layer;
  Placement placement = Placement::pre;
  Activation activation = Activation::gelu_tanh;
  real norm_eps = real(1e-5);

  int64_t head_size() const { return head_width != 0 ? head_width : n_embd / n_head; }
  /// All heads side by side.
  int64_t heads_width() const { return n_head * head_size(); }
  int64_t num_kv_heads() const { return kv_heads == 0 ? n_head : kv_heads; }
  /// With a gate, three matrices of 8/3 n_embd are as large as two of 4 n_embd.
  int64_t inner() const {
    if (n_inner != 0) return n_inner;
    return is_gated(activation) ? (8 * n_embd / 3 + 7) / 8 * 8 : 4 * n_embd;
  }
  /// The scale of attention(), where 0 means 1/√hs.
  real score_scale() const { return scale_scores ? 0 : 1; }
  NormOptions norm_options() const { return {.kind = norm, .bias = bias, .eps = norm_eps}; }
};

/// What a block is told besides its input.
struct BlockContext {
  Tensor key_mask = {};                 // (B, T): 0 hides a padding token from every query
  LayerCache* cache = nullptr;          // keys and values of the tokens before x
  std::optional<RopeAngles> rope = {};  // of the positions of x
  Tensor relative_bias = {};            // (NH, T + S - 1), added to the scores by distance
  Tensor memory = {};                   // (B, S, C): what the encoder says of the source
  Tensor memory_mask = {};              // (B, S): 0 hides a padding token of the source
  LayerCache* memory_cache = nullptr;   // keys and values of the memory, once they are known
  std::vector<Tensor>* maps = nullptr;  // takes the probabilities of self-attention (B, NH, T, S)
  std::vector<Tensor>* cross_maps = nullptr;  // and those of cross-attention
  /// Keeps x alone for backward, and computes the block again there (Chen et al. 2016). The block
  /// must live until then, and there is no cache.
  bool recompute = false;
};

/// Tells attention of positions: queries at `places`, (T) or (B, T), the last of S keys. `table`
/// (buckets, NH) is that of relative positions.
void tell_positions(BlockContext& context, Positions kind, const BlockConfig& c, real rope_theta,
                    const Tensor& table, const Tokens& places, int64_t S);

/// Multi-head self-attention (Vaswani et al. 2017, §3.2), whose key/value heads may be shared by
/// groups of heads (Ainslie et al. 2023) or by all (Shazeer 2019). x (B, T, C) -> (B, T, C)
struct SelfAttention : Module {
  /// Throws ValueError unless n_head divides n_embd and kv_heads n_head.
  explicit SelfAttention(const BlockConfig& c);
  BlockConfig config;
  Linear c_attn = child("c_attn", Linear(config.n_embd, packed_width(), {.bias = config.bias}));
  Linear c_proj =
      child("c_proj", Linear(config.heads_width(), config.n_embd, {.bias = config.bias}));
  std::optional<Norm> q_norm, k_norm;  // if config.qk_norm
  Dropout resid_dropout = child("resid_dropout", Dropout(config.dropout));
  Tensor operator()(const Tensor& x, const BlockContext& context = {}) const;

 private:
  /// All heads of q, then those of k, then those of v.
  int64_t packed_width() const {
    return (config.n_head + 2 * config.num_kv_heads()) * config.head_size();
  }
};

/// The same with queries from x, and keys and values from what an encoder says of another text
/// (Vaswani et al. 2017, §3.2.3). x (B, T, C), memory (B, S, C) -> (B, T, C). Nothing is told of
/// positions: those of the source are in the memory.
struct CrossAttention : Module {
  explicit CrossAttention(const BlockConfig& c);
  BlockConfig config;
  Linear c_q = child("c_q", Linear(config.n_embd, config.heads_width(), {.bias = config.bias}));
  Linear c_kv = child("c_kv", Linear(config.n_embd, packed_width(), {.bias = config.bias}));
  Linear c_proj =
      child("c_proj", Linear(config.heads_width(), config.n_embd, {.bias = config.bias}));
  std::optional<Norm> q_norm, k_norm;  // if config.qk_norm
  Dropout resid_dropout = child("resid_dropout", Dropout(config.dropout));
  Tensor operator()(const Tensor& x, const BlockContext& context) const;

 private:
  /// All heads of k, then those of v.
  int64_t packed_width() const { return 2 * config.num_kv_heads() * config.head_size(); }
  std::tuple<Tensor, Tensor> keys_values(const BlockContext& context) const;
};

/// Position-wise feed-forward network (Vaswani et al. 2017, eq. 2), wider inside; with a gate where
/// the activation has one (Shazeer 2020, eq. 6).
struct MLP : Module {
  explicit MLP(const BlockConfig& c);
  BlockConfig config;
  std::optional<Linear> c_gate;
  Linear c_fc = child("c_fc", Linear(config.n_embd, config.inner(), {.bias = config.bias}));
  Linear c_proj = child("c_proj", Linear(config.inner(), config.n_embd, {.bias = config.bias}));
  Dropout resid_dropout = child("dropout", Dropout(config.dropout));
  Tensor operator()(const Tensor& x) const {
    const Tensor h = c_gate ? activate(config.activation, (*c_gate)(x)) * c_fc(x)
                            : activate(config.activation, c_fc(x));
    return resid_dropout(c_proj(h));
  }
};

/// Transformer block. Pre-norm (Radford et al. 2019, §2.3): x + f(norm(x)).
/// Post-norm (Vaswani et al. 2017, §3.1): norm(x + f(x)). x (B, T, C) -> (B, T, C)
struct Block : Module {
  explicit Block(const BlockConfig& c);
  BlockConfig config;
  Norm ln_1 = child("ln_1", Norm(config.n_embd, config.norm_options()));
  SelfAttention attn = child("attn", SelfAttention(config));
  Norm ln_2 = child("ln_2", Norm(config.n_embd, config.norm_options()));
  MLP mlp = child("mlp", MLP(config));
  std::optional<Norm> ln_cross;  // with cross_attn between attn and mlp, if config.cross
  std::optional<CrossAttention> cross_attn;

  Tensor operator()(const Tensor& x, const BlockContext& context = {}) const {
    if (context.recompute && grad_enabled()) return recomputed(x, context);
    const auto attend = [&](const Tensor& input) { return attn(input, context); };
    const auto consult = [&](const Tensor& input) { return (*cross_attn)(input, context); };
    Tensor h = residual(x, ln_1, attend);
    if (cross_attn) h = residual(h, *ln_cross, consult);
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
