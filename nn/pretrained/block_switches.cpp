#include "nn/pretrained/block_switches.h"

#include <nlohmann/json.hpp>

#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

template <class Config>
nlohmann::json block_switches_to_json(const Config& c) {
  return {{"bias", c.bias},
          {"norm", name_in(norm_names, c.norm)},
          {"placement", name_in(placement_names, c.placement)},
          {"positions", name_in(position_names, c.positions)},
          {"rope_theta", c.rope_theta},
          {"kv_heads", c.kv_heads},
          {"window", c.window},
          {"qk_norm", c.qk_norm}};
}

template <class Config>
void read_block_switches(const ConfigReader& own, Config& c) {
  c.bias = own.flag("bias", c.bias);
  c.norm = own.choice("norm", norm_names, c.norm);
  c.placement = own.choice("placement", placement_names, c.placement);
  c.positions = own.choice("positions", position_names, c.positions);
  c.rope_theta = own.number("rope_theta", c.rope_theta);
  c.kv_heads = own.integer("kv_heads", c.kv_heads);
  c.window = own.integer("window", c.window);
  c.qk_norm = own.flag("qk_norm", c.qk_norm);
}

template nlohmann::json block_switches_to_json(const GPTConfig&);
template nlohmann::json block_switches_to_json(const BERTConfig&);
template void read_block_switches(const ConfigReader&, GPTConfig&);
template void read_block_switches(const ConfigReader&, BERTConfig&);

}  // namespace gradus
