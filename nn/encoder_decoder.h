#pragma once
// Encoder-decoder transformer (Vaswani et al. 2017): the encoder reads a source text both ways, the
// decoder writes a target text and consults what the encoder says of the source in every block.
// T5 (Raffel et al. 2020) and BART (Lewis et al. 2020) are settings of it. The blocks are GPT's.
//
// Dimensions: source (B, S), target (B, T).

#include "nn/block.h"

namespace gradus {

/// The defaults are the switches of T5, and the sizes of its smallest model.
struct EncoderDecoderConfig {
  int64_t block_size = 512;  // positions of source and of target, where they are learned
  int64_t vocab_size = 32128;
  int64_t n_layer = 6;          // of the encoder
  int64_t n_decoder_layer = 0;  // 0 means n_layer
  int64_t n_head = 8;
  int64_t n_embd = 512;
  int64_t kv_heads = 0;    // key/value heads, each read by a group of heads; 0 means n_head
  int64_t n_inner = 0;     // width inside the MLP; 0 means 4 n_embd, or 8/3 of it with a gate
  int64_t head_width = 0;  // of a query, key or value; 0 means n_embd / n_head
  real dropout = 0;
  bool bias = false;
  bool tie_weights = true;
  bool qk_norm = false;  // RMSNorm of every query and key
  Positions positions = Positions::relative;
  real rope_theta = 10000;
  NormKind norm = NormKind::rms;
  Placement placement = Placement::pre;
  Activation activation = Activation::relu;
  bool scale_scores = false;    // by 1/√hs
  bool scale_tied_head = true;  // by 1/√C: the head reads the embeddings, which are √C larger
  bool embedding_norm = false;  // a norm of the embeddings of each side
  bool final_norm = true;       // a norm after the last block of each side
  real norm_eps = real(1e-6);
  real init_std = real(0.02);  // of weights drawn at random
  int32_t pad_token = 0;
  int32_t start_token = 0;  // the decoder's first input
  int32_t end_token = 1;

  bool operator==(const EncoderDecoderConfig&) const = default;
  BlockConfig encoder_block() const;
  BlockConfig decoder_block() const;
  int64_t decoder_layers() const { return n_decoder_layer != 0 ? n_decoder_layer : n_layer; }
  /// Throws ValueError naming the first impossible setting.
  const EncoderDecoderConfig& checked() const;
};

/// T5's, T5 1.1's and BART's settings at some of their sizes and at tiny ones, by name: t5-tiny,
/// t5-small, t5-base, t5-v1_1-small, bart-tiny, bart-base, bart-large.
std::span<const std::pair<const char*, EncoderDecoderConfig>> encoder_decoder_presets();

/// What a decoder keeps of one text or several: in every layer the keys and values of the target so
/// far, and those of the source, which are made once, with the mask of its padding.
struct DecoderCache {
  /// For sources of S tokens and targets of up to T.
  DecoderCache(int64_t n_decoder_layer, int64_t S, int64_t T)
      : target(n_decoder_layer, T), source(n_decoder_layer, S) {}
  DecoderCache(KVCache of_target, KVCache of_source)
      : target(std::move(of_target)),
        source(std::move(of_source)),
        source_mask(source.key_mask(0)) {}
  KVCache target, source;
  Tensor source_mask;  // (B, S), 0 at padding; undefined where there is none
};

/// One of the two sides: what happens to embedded tokens. Parameters: wpe where positions are
/// learned or relative_bias where they are relative, ln_e with embedding_norm, h.{i} (GPT's, and in
/// the decoder ln_cross and cross_attn.{c_q, c_kv, c_proj}), ln_f with final_norm.
struct Side : Module {
  Side(const EncoderDecoderConfig& c, const BlockConfig& b, int64_t n_layer);
  EncoderDecoderConfig config;
  BlockConfig block;
  std::optional<Embedding> wpe, relative_bias;
  std::optional<Norm> ln_e;
  Dropout drop = child("drop", Dropout(config.dropout));
  std::vector<Block> h;
  std::optional<Norm> ln_f;
  /// x (B, T, C) -> (B, T, C)
  Tensor operator()(const Tensor& x, BlockContext context, DecoderCache* cache = nullptr) const;
};

/// Parameters: wte, which both sides share, encoder, decoder (see Side) and, unless tied to wte,
/// lm_head. Initialised N(0, init_std), with pre-norm smaller where a layer adds to the residual
/// stream, as GPT is; wte is √C larger where the head is scaled by 1/√C. Biases 0; each stream
/// depends on the seed of the default generator and the parameter's name alone.
struct EncoderDecoder : Module {
  explicit EncoderDecoder(const EncoderDecoderConfig& c);
  EncoderDecoderConfig config;
  Embedding wte = child("wte", Embedding(config.vocab_size, config.n_embd));
  Side encoder = child("encoder", Side(config, config.encoder_block(), config.n_layer));
  Side decoder = child("decoder", Side(config, config.decoder_block(), config.decoder_layers()));
  Linear lm_head = child("lm_head", make_head());

  /// Activation checkpointing: blocks are computed again in backward, until which the model lives.
  bool recompute = false;

  /// source (B, S) -> what the encoder says of each token (B, S, C), the decoder's memory.
  /// source_mask (B, S) is 0 at padding, or undefined where there is none.
  Tensor encode(const Tokens& source, const Tensor& source_mask = {}) const;
  /// inputs (B, T), the target behind the start token -> hidden states (B, T, C). memory (B, S, C),
  /// or (1, S, C) for all rows. With a cache, inputs follow the tokens in it; memory is read and
  /// source_mask kept the first time, and both may be undefined later.
  Tensor decode(const Tokens& inputs, const Tensor& memory, const Tensor& source_mask = {},
                DecoderCache* cache = nullptr) const;
  /// Hidden states of the decoder (B, T, C) -> logits (B, T, V) of each next token.
  Tensor logits(const Tensor& hidden) const { return lm_head(head_input(hidden)); }
  /// source (B, S), inputs (B, T) -> logits (B, T, V).
  Tensor operator()(const Tokens& source, const Tensor& source_mask, const Tokens& inputs) const {
    return logits(decode(inputs, encode(source, source_mask), source_mask));
  }
  /// Mean cross-entropy in nats of targets (B, T); target -100 counts nothing.
  Tensor loss(const Tokens& source, const Tensor& source_mask, const Tokens& inputs,
              const Tokens& targets) const {
    const Tensor hidden = decode(inputs, encode(source, source_mask), source_mask);
    return linear_cross_entropy(head_input(hidden), lm_head.weight, lm_head.bias, targets);
  }

 private:
  Linear make_head() const;
  bool scales_head() const { return config.tie_weights && config.scale_tied_head; }
  Tensor head_input(const Tensor& hidden) const;
};

}  // namespace gradus
