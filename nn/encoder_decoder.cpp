#include "nn/encoder_decoder.h"

#include <cmath>

#include "nn/config_rules.h"
#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using Preset = std::pair<const char*, EncoderDecoderConfig>;

EncoderDecoderConfig t5(int64_t n_embd, int64_t n_layer, int64_t n_head) {
  return {.n_layer = n_layer, .n_head = n_head, .n_embd = n_embd};
}

// T5 1.1 has gates and a head of its own.
EncoderDecoderConfig t5_gated(int64_t n_embd, int64_t n_layer, int64_t n_head, int64_t n_inner) {
  EncoderDecoderConfig c = t5(n_embd, n_layer, n_head);
  c.n_inner = n_inner;
  c.head_width = 64;
  c.tie_weights = false;
  c.activation = Activation::geglu_tanh;
  return c;
}

EncoderDecoderConfig bart(int64_t n_embd, int64_t n_layer, int64_t n_head) {
  return {.block_size = 1024,
          .vocab_size = 50265,
          .n_layer = n_layer,
          .n_head = n_head,
          .n_embd = n_embd,
          .bias = true,
          .positions = Positions::learned,
          .norm = NormKind::layer,
          .placement = Placement::post,
          .activation = Activation::gelu,
          .scale_scores = true,
          .scale_tied_head = false,
          .embedding_norm = true,
          .final_norm = false,
          .norm_eps = real(1e-5),
          .pad_token = 1,
          .start_token = 2,
          .end_token = 2};
}

}  // namespace

std::span<const Preset> encoder_decoder_presets() {
  static const Preset presets[] = {
      {"t5-tiny", t5(128, 2, 4)},        {"t5-small", t5(512, 6, 8)},
      {"t5-base", t5(768, 12, 12)},      {"t5-v1_1-small", t5_gated(512, 8, 6, 1024)},
      {"bart-tiny", bart(128, 2, 4)},    {"bart-base", bart(768, 6, 12)},
      {"bart-large", bart(1024, 12, 16)}};
  return presets;
}

BlockConfig EncoderDecoderConfig::encoder_block() const {
  BlockConfig b = block_settings(*this);
  b.head_width = head_width;
  b.causal = false;
  b.scale_scores = scale_scores;
  return b;
}

BlockConfig EncoderDecoderConfig::decoder_block() const {
  BlockConfig block = encoder_block();
  block.causal = block.cross = true;
  return block;
}

const EncoderDecoderConfig& EncoderDecoderConfig::checked() const {
  constexpr const char* model_name = "encoder-decoder";
  check_sizes(model_name, {{"block_size", block_size},
                           {"vocab_size", vocab_size},
                           {"n_layer", n_layer},
                           {"n_decoder_layer", n_decoder_layer, 0},
                           {"n_head", n_head},
                           {"n_embd", n_embd},
                           {"kv_heads", kv_heads, 0},
                           {"n_inner", n_inner, 0},
                           {"head_width", head_width, 0}});
  check_sizes(model_name, {{"n_head * head_width", n_head * head_width, 0}});
  check_settings(model_name, *this, encoder_block());
  check_value(n_decoder_layer <= 10000,
              "encoder-decoder: n_decoder_layer = {} must be at most 10000", n_decoder_layer);
  const std::pair<const char*, int32_t> tokens[] = {
      {"pad_token", pad_token}, {"start_token", start_token}, {"end_token", end_token}};
  for (const auto& [name, token] : tokens) {
    check_value(token >= 0 && token < vocab_size,
                "encoder-decoder: {} = {} must be in [0, vocab_size = {})", name, token,
                vocab_size);
  }
  return *this;
}

Side::Side(const EncoderDecoderConfig& c, const BlockConfig& b, int64_t n_layer)
    : config(c), block(b) {
  const int64_t C = c.n_embd;
  if (c.positions == Positions::learned) wpe = child("wpe", Embedding(c.block_size, C));
  if (c.positions == Positions::relative)
    relative_bias = child("relative_bias", Embedding(RelativeBuckets{}.count, c.n_head));
  if (c.embedding_norm) ln_e = child("ln_e", Norm(C, b.norm_options()));
  h = children<Block>("h", n_layer, b);
  if (c.final_norm) ln_f = child("ln_f", Norm(C, b.norm_options()));
}

Tensor Side::operator()(const Tensor& tokens, BlockContext context, DecoderCache* cache) const {
  KVCache* const before = cache == nullptr ? nullptr : &cache->target;
  const int64_t T = tokens.dim(1), past = before == nullptr ? 0 : before->length();
  check_shape(!wpe || past + T <= config.block_size,
              "encoder-decoder: {} tokens exceed block_size {}", past + T, config.block_size);
  const Tokens places = before == nullptr ? places_from(0, T) : before->places(T);
  tell_positions(context, config.positions, block, config.rope_theta, table(relative_bias), places,
                 past + T);
  if (before != nullptr) context.key_mask = before->key_mask(T);
  Tensor x = add_positions(config.positions, tokens, places, table(wpe));  // (B, T, C)
  if (ln_e) x = (*ln_e)(x);
  x = drop(x);
  for (size_t l = 0; l < h.size(); ++l) {
    if (cache != nullptr) {
      context.cache = &cache->target.layers[l];
      context.memory_cache = &cache->source.layers[l];
    }
    x = h[l](x, context);
  }
  return ln_f ? (*ln_f)(x) : x;
}

EncoderDecoder::EncoderDecoder(const EncoderDecoderConfig& c) : config(c.checked()) {
  init::transformer(named_parameters(), config.init_std);
  const auto draw_again = [this](const NamedTensor& p, int64_t sums) {
    init::normal(p.tensor, config.init_std / std::sqrt(static_cast<real>(sums)),
                 draw_for(default_generator().seed, p.name));
  };
  for (const NamedTensor& p : named_parameters()) {
    // Radford et al. 2019, §2.3, as in GPT: a side of L blocks adds up 2 L or 3 L projections.
    if (config.placement == Placement::pre && p.name.ends_with("c_proj.weight"))
      draw_again(p,
                 p.name.starts_with("encoder.") ? 2 * config.n_layer : 3 * config.decoder_layers());
  }
  if (!scales_head()) return;
  init::normal(wte.weight, config.init_std * std::sqrt(static_cast<real>(config.n_embd)),
               draw_for(default_generator().seed, "wte.weight"));
}

Linear EncoderDecoder::make_head() const {
  return config.tie_weights ? Linear::sharing(wte.weight)
                            : Linear(config.n_embd, config.vocab_size, {.bias = false});
}

Tensor EncoderDecoder::head_input(const Tensor& hidden) const {
  return scales_head() ? hidden * (1 / std::sqrt(static_cast<real>(config.n_embd))) : hidden;
}

Tensor EncoderDecoder::encode(const Tokens& source, const Tensor& source_mask) const {
  check_shape(source.shape.rank() == 2, "encoder-decoder: source {} must be (B, S)", source.shape);
  return encoder(wte(source), {.key_mask = source_mask, .recompute = recompute});
}

Tensor EncoderDecoder::decode(const Tokens& inputs, const Tensor& memory, const Tensor& source_mask,
                              DecoderCache* cache) const {
  check_shape(inputs.shape.rank() == 2, "encoder-decoder: inputs {} must be (B, T)", inputs.shape);
  if (cache != nullptr && source_mask.defined()) cache->source_mask = source_mask;
  const Tensor& mask = cache != nullptr ? cache->source_mask : source_mask;
  return decoder(wte(inputs), {.memory = memory, .memory_mask = mask, .recompute = recompute},
                 cache);
}

}  // namespace gradus
