#pragma once
// What the configs of all models share, whichever model's they are: the switches that go to every
// block, and the rules that sizes and switches obey.

#include <cmath>
#include <initializer_list>

#include "nn/block.h"
#include "nn/positions.h"
#include "tensor/errors.h"

namespace gradus {

/// What a config says of its blocks; whom a token sees is the model's own affair.
template <class Config>
BlockConfig block_settings(const Config& c) {
  return {.n_embd = c.n_embd,
          .n_head = c.n_head,
          .kv_heads = c.kv_heads,
          .n_inner = c.n_inner,
          .dropout = c.dropout,
          .bias = c.bias,
          .qk_norm = c.qk_norm,
          .norm = c.norm,
          .placement = c.placement,
          .activation = c.activation,
          .norm_eps = c.norm_eps};
}

/// A setting that counts something.
struct SizeRule {
  const char* name;
  int64_t value;
  int64_t least = 1;
};

/// Throws ValueError, which begins with the model's name, for the first of `sizes` outside
/// [least, 2^31).
inline void check_sizes(const char* model, std::initializer_list<SizeRule> sizes) {
  for (const auto& [name, value, least] : sizes) {
    const bool possible = value >= least && value < int64_t{1} << 31;
    check_value(possible || least != 1, "{}: {} = {} must be positive and below 2^31", model, name,
                value);
    check_value(possible, "{}: {} = {} must be in [{}, 2^31)", model, name, value, least);
  }
}

/// The same for the first impossible setting of those that every model has.
template <class Config>
void check_settings(const char* model, const Config& c, const BlockConfig& b) {
  check_value(c.n_layer <= 10000, "{}: n_layer = {} must be at most 10000", model, c.n_layer);
  constexpr bool widens_heads = requires { c.head_width; };
  check_value(b.head_width > 0 || c.n_embd % c.n_head == 0,
              "{}: n_head = {} must divide n_embd = {}{}", model, c.n_head, c.n_embd,
              widens_heads ? " unless head_width is given" : "");
  check_value(c.n_head % b.num_kv_heads() == 0, "{}: kv_heads = {} must divide n_head = {}", model,
              c.kv_heads, c.n_head);
  check_value(c.positions != Positions::rope || b.head_size() % 2 == 0,
              "{}: rotary positions turn pairs of channels, and heads of {} are odd", model,
              b.head_size());
  check_value(std::isfinite(c.rope_theta) && c.rope_theta > 0,
              "{}: rope_theta = {} must be positive and finite", model, c.rope_theta);
  check_value(c.dropout >= 0 && c.dropout < 1, "{}: dropout = {} must be in [0, 1)", model,
              c.dropout);
  check_value(c.init_std >= 0 && std::isfinite(c.init_std),
              "{}: init_std = {} must be finite and not negative", model, c.init_std);
  check_value(c.norm_eps > 0 && std::isfinite(c.norm_eps),
              "{}: norm_eps = {} must be positive and finite", model, c.norm_eps);
}

}  // namespace gradus
