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
  int64_t count = 0;
};
/// Counts by kind, read from the names: attn, mlp, ln_*, wte / wpe / lm_head, others.
std::vector<ParameterGroup> parameter_groups(const Module& model);

}  // namespace gradus
