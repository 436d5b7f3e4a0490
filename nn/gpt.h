#pragma once
// GPT-2 (Radford et al. 2019): a decoder-only transformer, with GPT-2's names for its parameters.

#include "nn/block.h"

namespace gradus {

struct GPTConfig {
  int64_t block_size = 1024;
  int64_t vocab_size = 50257;
  int64_t n_layer = 12;
  int64_t n_head = 12;
  int64_t n_embd = 768;
  int64_t kv_heads = 0;  // key/value heads, each read by a group of heads; 0 means n_head
  int64_t n_inner = 0;   // width inside the MLP; 0 means 4 n_embd, or 8/3 of it with a gate
  int64_t window = 0;    // keys that a token sees, itself the last of them; 0 means all
  real dropout = 0;
  bool bias = true;
  bool tie_weights = true;
  bool qk_norm = false;  // RMSNorm of every query and key
  Positions positions = Positions::learned;
  real rope_theta = 10000;
  NormKind norm = NormKind::layer;
  Placement placement = Placement::pre;
  Activation activation = Activation::gelu_tanh;
  real norm_eps = real(1e-5);
  real init_std = real(0.02);  // of weights drawn at random
  /// The token that stood before every document in training, with which a text therefore begins; -1
  /// if there was none.
  int32_t document_token = -1;

  bool operator==(const GPTConfig&) const = default;
  BlockConfig block() const;
  /// Whether texts may outgrow block_size at no cost: no table of positions ends there, and no
  /// token looks further back than the window.
  bool endless() const { return window > 0 && positions != Positions::learned; }
  /// Throws ValueError naming the first impossible size.
  const GPTConfig& checked() const;
};

/// Parameters: wte, wpe if positions are learned, h.{i}.{ln_1, attn.{c_attn, c_proj}, ln_2, mlp.{
/// c_fc, c_proj}}, ln_f and, unless tied to wte, lm_head; mlp.c_gate, attn.{q_norm, k_norm} and
/// relative_bias where the config asks for them. Initialised as GPT-2: N(0, init_std), residual
/// projections N(0, init_std / √(2 n_layer)), biases 0; each stream depends on the seed of the
/// default generator and the parameter's name alone.
struct GPT : Module {
  explicit GPT(const GPTConfig& c);
  GPTConfig config;
  Embedding wte = child("wte", Embedding(config.vocab_size, config.n_embd));
  std::optional<Embedding> wpe =
      learned(Positions::learned, "wpe", config.block_size, config.n_embd);
  std::optional<Embedding> relative_bias =
      learned(Positions::relative, "relative_bias", RelativeBuckets{}.count, config.n_head);
  Dropout drop = child("drop", Dropout(config.dropout));
  std::vector<Block> h = children<Block>("h", config.n_layer, config.block());
  Norm ln_f = child("ln_f", Norm(config.n_embd, config.block().norm_options()));
  Linear lm_head = child("lm_head", head());

  /// Activation checkpointing: blocks are computed again in backward. A third more arithmetic, and
  /// of each block only its input in memory. The model must live until backward.
  bool recompute = false;

  /// ids (B, T) -> hidden states after the last norm (B, T, C). With a cache, ids follow the tokens
  /// in it, each row its own text; `maps` takes what every layer's attention sees. Throws
  /// ShapeError if learned positions run past block_size.
  Tensor hidden(const Tokens& ids, KVCache* cache = nullptr,
                std::vector<Tensor>* maps = nullptr) const;
  /// ids (B, T) -> logits (B, T, V) of each next token.
  Tensor operator()(const Tokens& ids, KVCache* cache = nullptr) const {
    return lm_head(hidden(ids, cache));
  }
  /// Mean cross-entropy in nats of targets (B, T); target -100 counts nothing.
  Tensor loss(const Tokens& ids, const Tokens& targets) const {
    return linear_cross_entropy(hidden(ids), lm_head.weight, lm_head.bias, targets);
  }

 private:
  Linear head() const;
  /// A table for these positions alone, registered under its name.
  std::optional<Embedding> learned(Positions kind, const char* name, int64_t count, int64_t width);
};

/// Whether a model of this config can take the weights of another: all settings are the same, but
/// for the window, the dropout, and a context that may be shorter or, where positions are not
/// learned, any.
bool can_take_weights(const GPTConfig& to, const GPTConfig& from);

/// Gives `to` the weights of `from`, without the positions that it does not have. Throws ValueError
/// unless it can take them.
void copy_weights(const GPT& from, GPT& to);

}  // namespace gradus
