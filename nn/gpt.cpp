#include "nn/gpt.h"

#include <algorithm>
#include <cmath>

#include "autograd/mode.h"
#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

BlockConfig GPTConfig::block() const {
  return {.n_embd = n_embd,
          .n_head = n_head,
          .kv_heads = kv_heads,
          .n_inner = n_inner,
          .window = window,
          .dropout = dropout,
          .bias = bias,
          .causal = true,
          .qk_norm = qk_norm,
          .norm = norm,
          .placement = placement,
          .activation = activation,
          .norm_eps = norm_eps};
}

const GPTConfig& GPTConfig::checked() const {
  constexpr int64_t most = int64_t{1} << 31;
  const std::pair<const char*, int64_t> sizes[] = {{"block_size", block_size},
                                                   {"vocab_size", vocab_size},
                                                   {"n_layer", n_layer},
                                                   {"n_head", n_head},
                                                   {"n_embd", n_embd}};
  for (const auto& [name, size] : sizes) {
    check_value(size > 0 && size < most, "GPT: {} = {} must be positive and below 2^31", name,
                size);
  }
  check_value(n_layer <= 10000, "GPT: n_layer = {} must be at most 10000", n_layer);
  check_value(n_embd % n_head == 0, "GPT: n_head = {} must divide n_embd = {}", n_head, n_embd);
  check_value(kv_heads >= 0 && n_head % block().num_kv_heads() == 0,
              "GPT: kv_heads = {} must divide n_head = {}", kv_heads, n_head);
  check_value(n_inner >= 0 && n_inner < most, "GPT: n_inner = {} must be in [0, 2^31)", n_inner);
  check_value(window >= 0 && window < most, "GPT: window = {} must be in [0, 2^31)", window);
  check_value(positions != Positions::rope || (n_embd / n_head) % 2 == 0,
              "GPT: rotary positions turn pairs of channels, and heads of n_embd / n_head = {} are "
              "odd",
              n_embd / n_head);
  check_value(std::isfinite(rope_theta) && rope_theta > 0,
              "GPT: rope_theta = {} must be positive and finite", rope_theta);
  check_value(dropout >= 0 && dropout < 1, "GPT: dropout = {} must be in [0, 1)", dropout);
  check_value(document_token >= -1 && document_token < vocab_size,
              "GPT: document_token = {} must be -1 or below vocab_size = {}", document_token,
              vocab_size);
  check_value(init_std >= 0 && std::isfinite(init_std),
              "GPT: init_std = {} must be finite and not negative", init_std);
  check_value(norm_eps > 0 && std::isfinite(norm_eps),
              "GPT: norm_eps = {} must be positive and finite", norm_eps);
  return *this;
}

GPT::GPT(const GPTConfig& c) : config(c.checked()) {
  init::transformer(named_parameters(), config.init_std);
  // Radford et al. 2019, §2.3: the projections that add to the residual stream start smaller, so
  // that its variance does not grow with the number of layers.
  const real shrink = 1 / std::sqrt(static_cast<real>(2 * config.n_layer));
  for (const NamedTensor& p : named_parameters()) {
    if (!p.name.ends_with("c_proj.weight")) continue;
    init::normal(p.tensor, config.init_std * shrink, draw_for(default_generator().seed, p.name));
  }
}

Linear GPT::head() const {
  return config.tie_weights ? Linear::sharing(wte.weight)
                            : Linear(config.n_embd, config.vocab_size, {.bias = false});
}

std::optional<Embedding> GPT::learned(Positions kind, const char* name, int64_t count,
                                      int64_t width) {
  if (config.positions != kind) return {};
  return child(name, Embedding(count, width));
}

Tensor GPT::hidden(const Tokens& ids, KVCache* cache, std::vector<Tensor>* maps) const {
  check_shape(ids.shape.rank() == 2, "GPT: ids {} must be (B, T)", ids.shape);
  const int64_t T = ids.dim(1), past = cache == nullptr ? 0 : cache->length();
  check_shape(!wpe || past + T <= config.block_size, "GPT: {} tokens exceed block_size {}",
              past + T, config.block_size);
  const Tokens places = cache == nullptr ? places_from(0, T) : cache->places(T);
  const int64_t S = cache == nullptr ? T : cache->kept() + T;
  BlockContext context{.maps = maps, .recompute = recompute};
  tell_positions(context, config.positions, config.block(), config.rope_theta, table(relative_bias),
                 places, S);
  if (cache != nullptr) context.key_mask = cache->key_mask(T);
  Tensor x = drop(add_positions(config.positions, wte(ids), places, table(wpe)));  // (B, T, C)
  for (size_t l = 0; l < h.size(); ++l) {
    context.cache = cache == nullptr ? nullptr : &cache->layers[l];
    x = h[l](x, context);
  }
  return ln_f(x);
}

bool can_take_weights(const GPTConfig& to, const GPTConfig& from) {
  GPTConfig same = from;  // but for what has no weights
  const bool shorter = to.block_size <= from.block_size;
  if (shorter || from.positions != Positions::learned) same.block_size = to.block_size;
  if (from.block().num_kv_heads() == to.block().num_kv_heads()) same.kv_heads = to.kv_heads;
  if (from.block().inner() == to.block().inner()) same.n_inner = to.n_inner;
  same.window = to.window;
  same.dropout = to.dropout;
  same.init_std = to.init_std;
  same.document_token = to.document_token;
  return same == to;
}

void copy_weights(const GPT& from, GPT& to) {
  check_value(can_take_weights(to.config, from.config),
              "copy_weights: the models have different shapes");
  const NoGrad guard;
  for (NamedTensor& p : to.named_parameters()) {
    const Tensor source = from.find(p.name);
    const bool cut = p.name == "wpe.weight" && source.dim(0) > p.tensor.dim(0);
    p.tensor.copy_(cut ? source.narrow(0, 0, p.tensor.dim(0)) : source);
  }
}

}  // namespace gradus
