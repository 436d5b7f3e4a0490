#include "nn/summary.h"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

// In the order of asking: h.0.attn.c_attn is attention, ln_f a norm, BERT's heads the rest.
std::string kind_of(const std::string& name) {
  const std::pair<const char*, const char*> kinds[] = {
      {"attn.", "attention"}, {"mlp.", "MLP"},      {"ln_", "norm"},      {"mlm.ln", "norm"},
      {"wte", "embedding"},   {"wpe", "embedding"}, {"wtt", "embedding"}, {"lm_head", "embedding"}};
  for (const auto& [part, kind] : kinds) {
    if (name.find(part) != std::string::npos) return kind;
  }
  return "other";
}

double percent(int64_t part, int64_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(std::max<int64_t>(whole, 1));
}

}  // namespace

std::vector<ParameterGroup> parameter_groups(const Module& model) {
  std::vector<ParameterGroup> groups{{"embedding"}, {"attention"}, {"MLP"}, {"norm"}, {"other"}};
  for (const NamedTensor& p : model.named_parameters()) {
    for (ParameterGroup& g : groups) {
      if (g.kind != kind_of(p.name)) continue;
      g.count += p.tensor.numel();
      if (p.name.ends_with("bias")) g.biases += p.tensor.numel();
    }
  }
  std::erase_if(groups, [](const ParameterGroup& g) { return g.count == 0; });
  return groups;
}

std::string summary(const Module& model) {
  const auto parameters = model.named_parameters();
  const int64_t total = model.num_parameters();
  size_t width = 9;
  for (const NamedTensor& p : parameters) width = std::max(width, p.name.size());
  std::string text =
      fmt::format("{:<{}}  {:>16}  {:>12}  {:>6}\n", "parameter", width, "shape", "count", "%");
  for (const NamedTensor& p : parameters) {
    text +=
        fmt::format("{:<{}}  {:>16}  {:>12}  {:>6.2f}{}\n", p.name, width,
                    fmt::format("{}", p.tensor.shape()), p.tensor.numel(),
                    percent(p.tensor.numel(), total), p.tensor.requires_grad() ? "" : "  frozen");
  }
  text += "\n";
  for (const ParameterGroup& g : parameter_groups(model)) {
    text += fmt::format("{:<{}}  {:>16}  {:>12}  {:>6.2f}\n", g.kind, width, "", g.count,
                        percent(g.count, total));
  }
  return text + fmt::format("{:<{}}  {:>16}  {:>12}  {:>6.2f}\n", "total", width, "", total, 100.0);
}

std::string bars(const Module& model) {
  constexpr double cells = 50;                                          // of 100 %
  const char* const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};  // eighths of a cell
  std::string text;
  for (const ParameterGroup& g : parameter_groups(model)) {
    const double share = percent(g.count, model.num_parameters());
    const auto eighths = static_cast<int64_t>(std::lround(8 * cells * share / 100));
    text += fmt::format("{:<9}  {:>6.2f} %  ", g.kind, share);
    for (int64_t i = 0; i < eighths / 8; ++i) text += "█";
    text += fmt::format("{}\n", parts[eighths % 8]);
  }
  return text;
}

}  // namespace gradus
