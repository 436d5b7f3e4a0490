#pragma once
// What a model is made of, as a table.

#include <string>

#include "nn/module.h"

namespace gradus {

/// One line per parameter (name, shape, count, share) and the totals by kind: attention, MLP,
/// norms, embeddings, others.
std::string summary(const Module& model);

struct ParameterGroup {
  std::string kind;
  int64_t count = 0;   // weights and biases
  int64_t biases = 0;  // the shifts of norms among them
};
/// Counts by kind, read from the names: attn, mlp, ln_*, wte / wpe / lm_head, others.
std::vector<ParameterGroup> parameter_groups(const Module& model);

/// The shares of the kinds as bars, for the terminal: "attention  22.78 %  ███████".
std::string bars(const Module& model);

}  // namespace gradus
