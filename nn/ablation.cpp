#include "nn/ablation.h"

#include <fnmatch.h>

#include <cmath>

#include "autograd/mode.h"
#include "nn/names.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr Named<Ablation> ablation_names[] = {
    {"zero", Ablation::zero}, {"mean", Ablation::mean}, {"random", Ablation::random}};

void replace_values(Tensor part, Ablation how, Draw draw) {
  const real center = how == Ablation::zero ? 0 : mean(part).item();
  const real spread = how == Ablation::random && part.numel() > 1
                          ? std::sqrt(var(part, {}, {.correction = 0}).item())
                          : 0;
  part.copy_(randn(part.shape(), draw) * spread + center);
}

// Takes "[2]" off the end of a pattern. No parameter's name ends with a digit, so that it cannot
// be meant as a set of characters.
std::optional<int64_t> take_head(std::string& pattern) {
  const size_t open = pattern.rfind('[');
  if (open == pattern.npos || open == 0 || !pattern.ends_with(']')) return {};
  const std::string number = pattern.substr(open + 1, pattern.size() - open - 2);
  const bool digits = !number.empty() && number.size() < 10 &&
                      number.find_first_not_of("0123456789") == number.npos;
  if (!digits) return {};
  pattern.resize(open);
  return std::stoll(number);
}

bool is_of_heads(const std::string& name) { return fnmatch("*attn.[qkv].*", name.c_str(), 0) == 0; }

// The part that a rule means of a part with a name: itself, or its rows of a head.
std::optional<NamedTensor> named_by(const AblationRule& rule, const NamedTensor& part, int64_t hs) {
  const auto matches = [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), part.name.c_str(), 0) == 0;
  };
  // The name of a layer means its weight and bias.
  if (!matches(rule.pattern) && !matches(rule.pattern + ".*")) return {};
  if (!rule.head) return part;
  if (!is_of_heads(part.name)) return {};
  const int64_t heads = part.tensor.dim(0) / hs;
  check_value(*rule.head < heads, "ablate: there is no head {} in {}, which has {}, counted from 0",
              *rule.head, part.name, heads);
  return NamedTensor{fmt::format("{}[{}]", part.name, *rule.head),
                     part.tensor.narrow(0, *rule.head * hs, hs)};
}

}  // namespace

AblationRule ablation_from(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals != text.npos && equals > 0) {
    for (const auto& [name, how] : ablation_names) {
      if (text.substr(equals + 1) != name) continue;
      AblationRule rule{text.substr(0, equals), how};
      rule.head = take_head(rule.pattern);
      return rule;
    }
  }
  throw ValueError(fmt::format("ablate: '{}' is not PATTERN=zero, mean or random", text));
}

std::vector<NamedTensor> ablatable_parts(const Module& model, const BlockConfig& block) {
  const int64_t q = block.heads_width(), kv = block.num_kv_heads() * block.head_size();
  std::vector<NamedTensor> parts = model.named_parameters();
  for (const NamedTensor& p : model.named_parameters()) {
    const size_t packed = p.name.find("attn.c_attn.");
    if (packed == p.name.npos) continue;
    const std::string before = p.name.substr(0, packed) + "attn.";
    const std::string after = p.name.substr(packed + std::string_view("attn.c_attn").size());
    const Tensor rows = p.tensor.detach();  // (q, k and v one below the other, C), or a bias
    parts.push_back({before + "q" + after, rows.narrow(0, 0, q)});
    parts.push_back({before + "k" + after, rows.narrow(0, q, kv)});
    parts.push_back({before + "v" + after, rows.narrow(0, q + kv, kv)});
  }
  return parts;
}

std::vector<std::string> ablate(const Module& model, const BlockConfig& block,
                                const std::vector<AblationRule>& rules, uint64_t seed) {
  const NoGrad guard;
  std::vector<std::string> replaced;
  for (const AblationRule& rule : rules) {
    const size_t before = replaced.size();
    for (const NamedTensor& part : ablatable_parts(model, block)) {
      const std::optional<NamedTensor> named = named_by(rule, part, block.head_size());
      if (!named) continue;
      replace_values(named->tensor, rule.how, draw_for(seed, named->name));
      replaced.push_back(named->name);
    }
    check_value(replaced.size() > before,
                "ablate: '{}' names no {} (gradus params lists them; attn.q, attn.k and attn.v are "
                "the parts of attn.c_attn{})",
                rule.pattern, rule.head ? "parameter of heads" : "parameter",
                rule.head ? ", and those that have heads" : "");
  }
  return replaced;
}

}  // namespace gradus
