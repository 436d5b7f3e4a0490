#pragma once
// The shape and the switches of any model on the command line of `gradus params`: what would they
// cost? The options are those of pre-training (settings.h).

#include "train/commands.h"
#include "train/settings.h"

namespace gradus {

/// The switches of any model, by GPT's fields, which the others share.
struct Switches {
  GPTConfig model = {};
};

/// Copies what both kinds of model have.
template <class To, class From>
void copy_switches(To& to, const From& from) {
  to.block_size = from.block_size;
  to.n_layer = from.n_layer;
  to.n_head = from.n_head;
  to.n_embd = from.n_embd;
  to.kv_heads = from.kv_heads;
  to.n_inner = from.n_inner;
  to.dropout = from.dropout;
  to.bias = from.bias;
  to.qk_norm = from.qk_norm;
  to.positions = from.positions;
  to.rope_theta = from.rope_theta;
  to.norm = from.norm;
  to.placement = from.placement;
  to.activation = from.activation;
  to.init_std = from.init_std;
  constexpr bool ties = requires { to.tie_weights = from.tie_weights; };
  if constexpr (ties) to.tie_weights = from.tie_weights;
  constexpr bool windows = requires { to.window = from.window; };
  if constexpr (windows) to.window = from.window;
}

/// The config of the model of that name, with what the command line changes. Throws CLI::Error for
/// what does not fit together, and for a switch that models of its kind do not have.
template <class Config>
Config switched(Config config, const Settings<Switches>& switches, const std::string& name) {
  if (switches.empty()) return config;
  const Switches untouched;
  Switches s = untouched;
  copy_switches(s.model, config);
  switches.change(s);
  or_usage_error("params", [&] {
    check_value(
        requires { config.window; } || s.model.window == untouched.model.window,
        "{} has no use for --window", name);
    check_value(
        requires { config.tie_weights; } || s.model.tie_weights == untouched.model.tie_weights,
        "{} has no use for --tie-weights", name);
    copy_switches(config, s.model);
    config.checked();
  });
  return config;
}

}  // namespace gradus
