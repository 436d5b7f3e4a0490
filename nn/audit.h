#pragma once
// Two questions to ask a model before a long training: does every parameter get a gradient, and
// does a causal model keep the future to itself?

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nn/module.h"
#include "tensor/tokens.h"

namespace gradus {

enum class GradientState { sound, frozen, none, zero, not_finite };

struct AuditedParameter {
  std::string name;
  Shape shape;
  GradientState state = GradientState::sound;
  double norm = 0;          // of the gradient
  std::string reason = {};  // where the gradient was lost or ceased to be finite; empty if sound
};

/// Computes `loss` once, forward and backward, and says of every parameter of `model` what came
/// back to it; where nothing did, which op cut the graph. Gradients are zeroed before and after.
std::vector<AuditedParameter> audit_gradients(Module& model, const std::function<Tensor()>& loss);

/// The result at time `seen` changed although only the token at `changed`, after it, was another.
struct Leak {
  int64_t changed, seen;
};

/// Exchanges each token of ids (B, T) in turn and compares the results (B, T, ...) before it, bit
/// for bit. Nothing if no result knows its future. `vocab_size` is at least 2.
std::optional<Leak> find_leak(const std::function<Tensor(const Tokens&)>& model, const Tokens& ids,
                              int64_t vocab_size);

}  // namespace gradus
