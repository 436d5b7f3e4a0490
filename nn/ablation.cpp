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

}  // namespace

AblationRule ablation_from(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals != text.npos && equals > 0) {
    for (const auto& [name, how] : ablation_names) {
      if (text.substr(equals + 1) == name) return {text.substr(0, equals), how};
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
      if (fnmatch(rule.pattern.c_str(), part.name.c_str(), 0) != 0) continue;
      replace_values(part.tensor, rule.how, draw_for(seed, part.name));
      replaced.push_back(part.name);
    }
    check_value(replaced.size() > before,
                "ablate: '{}' names no parameter (gradus params lists them; attn.q, attn.k and "
                "attn.v are the parts of attn.c_attn)",
                rule.pattern);
  }
  return replaced;
}

}  // namespace gradus
