#include "nn/bert.h"

#include <cmath>

#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

BlockConfig BERTConfig::block() const {
  return {.n_embd = n_embd,
          .n_head = n_head,
          .kv_heads = kv_heads,
          .n_inner = n_inner,
          .window = window,
          .dropout = dropout,
          .bias = bias,
          .causal = false,
          .qk_norm = qk_norm,
          .norm = norm,
          .placement = placement,
          .activation = activation,
          .norm_eps = norm_eps};
}

const BERTConfig& BERTConfig::checked() const {
  constexpr int64_t most = int64_t{1} << 31;
  const std::pair<const char*, int64_t> sizes[] = {
      {"block_size", block_size}, {"vocab_size", vocab_size}, {"n_layer", n_layer},
      {"n_head", n_head},         {"n_embd", n_embd},         {"n_type", n_type}};
  for (const auto& [name, size] : sizes) {
    check_value(size > 0 && size < most, "BERT: {} = {} must be positive and below 2^31", name,
                size);
  }
  check_value(n_inner >= 0 && n_inner < most, "BERT: n_inner = {} must be in [0, 2^31)", n_inner);
  check_value(window >= 0 && window < most, "BERT: window = {} must be in [0, 2^31)", window);
  check_value(n_layer <= 10000, "BERT: n_layer = {} must be at most 10000", n_layer);
  check_value(n_embd % n_head == 0, "BERT: n_head = {} must divide n_embd = {}", n_head, n_embd);
  check_value(kv_heads >= 0 && n_head % block().num_kv_heads() == 0,
              "BERT: kv_heads = {} must divide n_head = {}", kv_heads, n_head);
  check_value(positions != Positions::rope || (n_embd / n_head) % 2 == 0,
              "BERT: rotary positions turn pairs of channels, and heads of n_embd / n_head = {} "
              "are odd",
              n_embd / n_head);
  check_value(std::isfinite(rope_theta) && rope_theta > 0,
              "BERT: rope_theta = {} must be positive and finite", rope_theta);
  check_value(dropout >= 0 && dropout < 1, "BERT: dropout = {} must be in [0, 1)", dropout);
  check_value(pad_token >= 0 && pad_token < vocab_size,
              "BERT: pad_token = {} must be below vocab_size = {}", pad_token, vocab_size);
  check_value(init_std >= 0 && std::isfinite(init_std),
              "BERT: init_std = {} must be finite and not negative", init_std);
  check_value(norm_eps > 0 && std::isfinite(norm_eps),
              "BERT: norm_eps = {} must be positive and finite", norm_eps);
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
