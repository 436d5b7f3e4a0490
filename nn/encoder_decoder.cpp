#include "nn/encoder_decoder.h"

#include <cmath>

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

struct SideSize {
  const char* name;
  int64_t value, least;
};

void check_side_sizes(const EncoderDecoderConfig& c) {
  constexpr int64_t most = int64_t{1} << 31;
  const SideSize sizes[] = {
      {"block_size", c.block_size, 1}, {"vocab_size", c.vocab_size, 1},
      {"n_layer", c.n_layer, 1},       {"n_decoder_layer", c.n_decoder_layer, 0},
      {"n_head", c.n_head, 1},         {"n_embd", c.n_embd, 1},
      {"kv_heads", c.kv_heads, 0},     {"n_inner", c.n_inner, 0},
      {"head_width", c.head_width, 0}};
  for (const auto& [name, value, least] : sizes) {
    check_value(value >= least && value < most, "encoder-decoder: {} = {} must be in [{}, 2^31)",
                name, value, least);
  }
  check_value(c.n_layer <= 10000 && c.n_decoder_layer <= 10000,
              "encoder-decoder: {} and {} layers, of which each side may have 10000", c.n_layer,
              c.n_decoder_layer);
  check_value(c.head_width < most / c.n_head,
              "encoder-decoder: {} heads of head_width = {} are together wider than 2^31", c.n_head,
              c.head_width);
  check_value(c.head_width > 0 || c.n_embd % c.n_head == 0,
              "encoder-decoder: n_head = {} must divide n_embd = {} unless head_width is given",
              c.n_head, c.n_embd);
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
  return {.n_embd = n_embd,
          .n_head = n_head,
          .kv_heads = kv_heads,
          .n_inner = n_inner,
          .head_width = head_width,
          .dropout = dropout,
          .bias = bias,
          .causal = false,
          .scale_scores = scale_scores,
          .qk_norm = qk_norm,
          .norm = norm,
          .placement = placement,
          .activation = activation,
          .norm_eps = norm_eps};
}

BlockConfig EncoderDecoderConfig::decoder_block() const {
  BlockConfig block = encoder_block();
  block.causal = block.cross = true;
  return block;
}

const EncoderDecoderConfig& EncoderDecoderConfig::checked() const {
  check_side_sizes(*this);
  const BlockConfig block = encoder_block();
  check_value(n_head % block.num_kv_heads() == 0,
              "encoder-decoder: kv_heads = {} must divide n_head = {}", kv_heads, n_head);
  check_value(positions != Positions::rope || block.head_size() % 2 == 0,
              "encoder-decoder: rotary positions turn pairs of channels, and heads of {} are odd",
              block.head_size());
  check_value(std::isfinite(rope_theta) && rope_theta > 0,
              "encoder-decoder: rope_theta = {} must be positive and finite", rope_theta);
  check_value(dropout >= 0 && dropout < 1, "encoder-decoder: dropout = {} must be in [0, 1)",
              dropout);
  const std::pair<const char*, int32_t> tokens[] = {
      {"pad_token", pad_token}, {"start_token", start_token}, {"end_token", end_token}};
  for (const auto& [name, token] : tokens) {
    check_value(token >= 0 && token < vocab_size,
                "encoder-decoder: {} = {} must be in [0, vocab_size = {})", name, token,
                vocab_size);
  }
  check_value(init_std >= 0 && std::isfinite(init_std),
              "encoder-decoder: init_std = {} must be finite and not negative", init_std);
  check_value(norm_eps > 0 && std::isfinite(norm_eps),
              "encoder-decoder: norm_eps = {} must be positive and finite", norm_eps);
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
