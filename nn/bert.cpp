#include "nn/bert.h"

#include "nn/config_rules.h"
#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

BlockConfig BERTConfig::block() const {
  BlockConfig b = block_settings(*this);
  b.causal = false;
  b.window = window;
  return b;
}

const BERTConfig& BERTConfig::checked() const {
  check_sizes("BERT", {{"block_size", block_size},
                       {"vocab_size", vocab_size},
                       {"n_layer", n_layer},
                       {"n_head", n_head},
                       {"n_embd", n_embd},
                       {"n_type", n_type},
                       {"kv_heads", kv_heads, 0},
                       {"n_inner", n_inner, 0},
                       {"window", window, 0}});
  check_settings("BERT", *this, block());
  check_value(pad_token >= 0 && pad_token < vocab_size,
              "BERT: pad_token = {} must be below vocab_size = {}", pad_token, vocab_size);
  return *this;
}

BERT::BERT(const BERTConfig& c) : config(c.checked()) {
  if (config.placement == Placement::pre)
    ln_f = child("ln_f", Norm(config.n_embd, config.block().norm_options()));
  init::transformer(named_parameters(), config.init_std);
}

std::optional<Embedding> BERT::learned(Positions kind, const char* name, int64_t count,
                                       int64_t width) {
  if (config.positions != kind) return {};
  return child(name, Embedding(count, width));
}

Tensor BERT::embed(const Tokens& ids, const Tokens& types) const {
  check_shape(ids.shape.rank() == 2 && types.shape == ids.shape,
              "BERT: ids {} and types {} must both be (B, T)", ids.shape, types.shape);
  const int64_t T = ids.dim(1);
  check_shape(T <= config.block_size, "BERT: {} tokens exceed block_size {}", T, config.block_size);
  const Tensor tokens = add_positions(config.positions, wte(ids), places_from(0, T), table(wpe));
  const Tokens segments = config.n_type == 1 ? Tokens(types.shape) : types;
  return drop(ln_e(tokens + wtt(segments)));  // (B, T, C)
}

BlockContext BERT::context(int64_t T, const Tensor& key_mask) const {
  BlockContext context{.key_mask = key_mask};
  tell_positions(context, config.positions, config.block(), config.rope_theta, table(relative_bias),
                 places_from(0, T), T);
  return context;
}

std::vector<Tensor> BERT::states(const Tokens& ids, const Tokens& types, const Tensor& key_mask,
                                 std::vector<Tensor>* maps) const {
  std::vector<Tensor> all{embed(ids, types)};
  BlockContext told = context(ids.dim(1), key_mask);
  told.maps = maps;
  for (const Block& block : h) all.push_back(block(all.back(), told));
  all.back() = last_norm(all.back());
  return all;
}

Tensor BERT::hidden(const Tokens& ids, const Tokens& types, const Tensor& key_mask) const {
  Tensor x = embed(ids, types);
  BlockContext told = context(ids.dim(1), key_mask);
  told.recompute = recompute;
  for (const Block& block : h) x = block(x, told);
  return last_norm(x);
}

BERTForPreTraining::BERTForPreTraining(const BERTConfig& c, bool next_sentence)
    : bert(child("bert", BERT(c))) {
  if (next_sentence) {
    pooler = child("pooler", Pooler(c.n_embd));
    nsp = child("nsp", Linear(c.n_embd, 2));
  }
  std::vector<NamedTensor> heads = named_parameters();
  std::erase_if(heads, [](const NamedTensor& p) { return p.name.starts_with("bert."); });
  init::transformer(heads, c.init_std);
}

Tensor rows_at(const Tensor& x, const Tokens& positions) {
  return embedding(x.reshape({x.dim(0) * x.dim(1), x.dim(2)}), positions);
}

}  // namespace gradus
