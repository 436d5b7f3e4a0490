#pragma once
// Ablation: what does a part of the model do? Take it away and measure again (Meyes et al. 2019).

#include <optional>
#include <string>
#include <vector>

#include "nn/block.h"
#include "tensor/random.h"

namespace gradus {

/// What stands in the place of a part.
enum class Ablation {
  zero,
  mean,   // its own mean in every element
  random  // normal numbers of its mean and standard deviation: the values without what they mean
};

struct AblationRule {
  std::string pattern;  // of names; * stands for anything, as for files
  Ablation how;
  std::optional<int64_t> head = {};  // of the attn.q, attn.k or attn.v that are named; else all
};
/// "h.*.attn.q.weight=zero"; "h.0.attn.q[2]=zero" for weight and bias of one head, counted from 0,
/// of the key/value heads for k and v. Throws ValueError.
AblationRule ablation_from(const std::string& text);

/// The parts that have a name: all parameters and, of every packed attn.c_attn, the rows of
/// queries, keys and values as attn.q, attn.k and attn.v. Parts share the memory of their
/// parameters.
std::vector<NamedTensor> ablatable_parts(const Module& model, const BlockConfig& block);

/// Replaces every part that a rule names, rule by rule, and returns their names. Throws ValueError
/// for a pattern that names none, and for a head that there is not.
std::vector<std::string> ablate(const Module& model, const BlockConfig& block,
                                const std::vector<AblationRule>& rules, uint64_t seed = 1337);

}  // namespace gradus
