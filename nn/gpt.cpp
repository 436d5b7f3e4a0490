#include "nn/gpt.h"

#include <algorithm>
#include <cmath>

#include "autograd/mode.h"
#include "nn/config_rules.h"
#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

BlockConfig GPTConfig::block() const {
  BlockConfig b = block_settings(*this);
  b.causal = true;
  b.window = window;
  return b;
}

const GPTConfig& GPTConfig::checked() const {
  check_sizes("GPT", {{"block_size", block_size},
                      {"vocab_size", vocab_size},
                      {"n_layer", n_layer},
                      {"n_head", n_head},
                      {"n_embd", n_embd},
                      {"kv_heads", kv_heads, 0},
                      {"n_inner", n_inner, 0},
                      {"window", window, 0}});
  check_settings("GPT", *this, block());
  check_value(document_token >= -1 && document_token < vocab_size,
              "GPT: document_token = {} must be -1 or below vocab_size = {}", document_token,
              vocab_size);
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
