#pragma once
// BERT (Devlin et al. 2019): an encoder-only transformer that sees the whole text at once, with the
// two heads that it is pre-trained with. The blocks are GPT's, switched to bidirectional attention
// and post-norm, and so are the names of the parameters.

#include "nn/block.h"

namespace gradus {

struct BERTConfig {
  int64_t block_size = 512;  // positions
  int64_t vocab_size = 30522;
  int64_t n_layer = 12;
  int64_t n_head = 12;
  int64_t n_embd = 768;
  int64_t kv_heads = 0;  // key/value heads, each read by a group of heads; 0 means n_head
  int64_t n_inner = 0;   // width inside the MLP; 0 means 4 n_embd, or 8/3 of it with a gate
  int64_t window = 0;    // keys to each side are less than so many places away; 0 means all
  int64_t n_type = 2;    // segments: A and B; a model of 1 does not tell them apart (RoBERTa)
  real dropout = 0;
  bool bias = true;      // in the blocks
  bool qk_norm = false;  // RMSNorm of every query and key
  Positions positions = Positions::learned;
  real rope_theta = 10000;
  NormKind norm = NormKind::layer;
  Placement placement = Placement::post;
  Activation activation = Activation::gelu;
  real norm_eps = real(1e-12);
  real init_std = real(0.02);  // of weights drawn at random
  int32_t pad_token = 0;

  bool operator==(const BERTConfig&) const = default;
  BlockConfig block() const;
  /// Throws ValueError naming the first impossible size.
  const BERTConfig& checked() const;
};

/// The encoder. Parameters: wte, wpe, wtt (token, position and segment embeddings), ln_e, h.{i}.
/// {ln_1, attn.{c_attn, c_proj}, ln_2, mlp.{c_fc, c_proj}}; ln_f if the norm comes first,
/// relative_bias, mlp.c_gate, attn.{q_norm, k_norm} where the config asks for them. Initialised as
/// BERT: N(0, init_std), biases 0; each stream depends on the seed of the default generator and the
/// parameter's name.
struct BERT : Module {
  explicit BERT(const BERTConfig& c);
  BERTConfig config;
  Embedding wte = child("wte", Embedding(config.vocab_size, config.n_embd));
  std::optional<Embedding> wpe =
      learned(Positions::learned, "wpe", config.block_size, config.n_embd);
  std::optional<Embedding> relative_bias =
      learned(Positions::relative, "relative_bias", RelativeBuckets{}.count, config.n_head);
  Embedding wtt = child("wtt", Embedding(config.n_type, config.n_embd));
  Norm ln_e = child("ln_e", Norm(config.n_embd, config.block().norm_options()));
  Dropout drop = child("drop", Dropout(config.dropout));
  std::vector<Block> h = children<Block>("h", config.n_layer, config.block());
  std::optional<Norm> ln_f;  // pre-norm blocks leave the sum of all of them as it is

  /// Activation checkpointing: blocks are computed again in backward, until which the model lives.
  bool recompute = false;

  /// ids and types (B, T) -> the hidden states of every layer, (B, T, C) each: first the
  /// embeddings, last the result. key_mask (B, T) is 0 at padding, or undefined where there is
  /// none, which costs nothing; `maps` takes what every layer's attention sees. Throws ShapeError
  /// if T exceeds block_size.
  std::vector<Tensor> states(const Tokens& ids, const Tokens& types, const Tensor& key_mask = {},
                             std::vector<Tensor>* maps = nullptr) const;
  /// The last of them.
  Tensor hidden(const Tokens& ids, const Tokens& types, const Tensor& key_mask = {}) const;

 private:
  /// A table for these positions alone, registered under its name.
  std::optional<Embedding> learned(Positions kind, const char* name, int64_t count, int64_t width);
  Tensor embed(const Tokens& ids, const Tokens& types) const;
  BlockContext context(int64_t T, const Tensor& key_mask) const;
  Tensor last_norm(const Tensor& x) const { return ln_f ? (*ln_f)(x) : x; }
};

/// What [CLS] says of the whole text: tanh(W h + b). hidden (B, T, C) -> (B, C)
struct Pooler : Module {
  explicit Pooler(int64_t n_embd) : width(n_embd) {}
  int64_t width;
  Linear dense = child("dense", Linear(width, width));
  Tensor operator()(const Tensor& hidden) const { return tanh(dense(hidden.select(1, 0))); }
};

/// The head for masked tokens: ln(gelu(W h + b)) Eᵀ + bias, with the token embeddings E.
/// h (N, C) -> logits (N, V)
struct MaskedHead : Module {
  /// embeddings (V, C), the encoder's.
  MaskedHead(const BERTConfig& c, const Tensor& embeddings)
      : config(c), decoder(child("decoder", Linear::sharing(embeddings))) {}
  BERTConfig config;
  Linear dense = child("dense", Linear(config.n_embd, config.n_embd));
  Norm ln = child("ln", Norm(config.n_embd, config.block().norm_options()));
  Linear decoder;
  Parameter bias = parameter("bias", zeros({config.vocab_size}));
  Tensor operator()(const Tensor& x) const {
    return linear(ln(activate(config.activation, dense(x))), decoder.weight, bias);
  }
};

/// BERT with the heads of pre-training (Devlin et al. 2019, §3.1): parameters bert, mlm.{dense, ln,
/// bias}, whose matrix is the token embedding, and pooler.dense and nsp, unless it was trained
/// without next-sentence prediction.
struct BERTForPreTraining : Module {
  BERTForPreTraining(const BERTConfig& c, bool next_sentence);
  BERT bert;
  MaskedHead mlm = child("mlm", MaskedHead(bert.config, bert.wte.weight));
  std::optional<Pooler> pooler;
  std::optional<Linear> nsp;  // class 0: B follows A; class 1: B comes from elsewhere

  const BERTConfig& config() const { return bert.config; }
  bool predicts_next_sentence() const { return nsp.has_value(); }
};

/// Rows of x (B, T, C) at these positions of all B T, counted row by row. positions (N) -> (N, C)
Tensor rows_at(const Tensor& x, const Tokens& positions);

}  // namespace gradus
