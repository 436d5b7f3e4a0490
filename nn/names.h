#pragma once
// The names of the switches, as command lines and config.json have them.

#include <string>
#include <utility>

#include "nn/block.h"

namespace gradus {

template <class Switch>
using Named = std::pair<const char*, Switch>;

inline constexpr Named<Positions> position_names[] = {{"none", Positions::none},
                                                      {"learned", Positions::learned},
                                                      {"sinusoidal", Positions::sinusoidal},
                                                      {"rope", Positions::rope},
                                                      {"alibi", Positions::alibi},
                                                      {"relative", Positions::relative}};

inline constexpr Named<NormKind> norm_names[] = {{"layer", NormKind::layer},
                                                 {"rms", NormKind::rms}};

inline constexpr Named<Placement> placement_names[] = {{"pre", Placement::pre},
                                                       {"post", Placement::post}};

inline constexpr Named<Activation> activation_names[] = {{"relu", Activation::relu},
                                                         {"gelu", Activation::gelu},
                                                         {"gelu_tanh", Activation::gelu_tanh},
                                                         {"silu", Activation::silu},
                                                         {"relu_squared", Activation::relu_squared},
                                                         {"swiglu", Activation::swiglu},
                                                         {"geglu", Activation::geglu},
                                                         {"geglu_tanh", Activation::geglu_tanh}};

/// The name of a value in its table.
template <class Switch, size_t N>
std::string name_in(const Named<Switch> (&names)[N], Switch value) {
  for (const auto& [name, named] : names) {
    if (named == value) return name;
  }
  return "";
}

}  // namespace gradus
