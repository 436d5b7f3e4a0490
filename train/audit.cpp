// gradus audit: whether every parameter of a model learns, and whether its mask keeps the future
// from it.

#include <nlohmann/json.hpp>

#include "data/batches.h"
#include "nn/audit.h"
#include "nn/pretrained/gpt.h"
#include "tensor/creation.h"
#include "train/commands.h"
#include "train/model_kind.h"

namespace gradus {
namespace {

struct AuditArguments {
  std::string model;
  uint64_t seed = 1337;
  bool json = false;
};

const char* name_of(GradientState state) {
  switch (state) {
    case GradientState::sound:
      return "sound";
    case GradientState::frozen:
      return "frozen";
    case GradientState::none:
      return "none";
    case GradientState::zero:
      return "zero";
    case GradientState::not_finite:
      return "not finite";
  }
  return "";
}

bool is_finding(const AuditedParameter& p) {
  return p.state != GradientState::sound && p.state != GradientState::frozen;
}

// Two sequences of random tokens.
Tokens random_tokens(const GPTConfig& config, Draw draw) {
  Tokens ids({2, std::min<int64_t>(config.block_size, 32)});
  const Tensor numbers = rand(ids.shape, draw);
  for (int64_t i = 0; i < ids.numel(); ++i) {
    ids.data()[i] = static_cast<int32_t>(numbers.data()[i] * static_cast<real>(config.vocab_size));
  }
  return ids;
}

void print_table(const std::vector<AuditedParameter>& parameters, const std::optional<Leak>& leak) {
  size_t width = 4;
  for (const AuditedParameter& p : parameters) width = std::max(width, p.name.size());
  fmt::print("{:<{}}  {:>14}  {:>13}  gradient\n", "name", width, "shape", "|gradient|");
  for (const AuditedParameter& p : parameters) {
    fmt::print("{:<{}}  {:>14}  {:>13.4e}  {}{}{}\n", p.name, width, fmt::format("{}", p.shape),
               p.norm, name_of(p.state), p.reason.empty() ? "" : ": ", p.reason);
  }
  const auto findings = std::count_if(parameters.begin(), parameters.end(), is_finding);
  fmt::print("{} of {} parameters without a sound gradient\n", findings, parameters.size());
  if (leak) {
    fmt::print("the mask leaks: the result at {} changed with token {}, which comes later\n",
               leak->seen, leak->changed);
  } else {
    fmt::print("the mask is tight: no result changed with a later token\n");
  }
}

void print_json(const std::vector<AuditedParameter>& parameters, const std::optional<Leak>& leak) {
  nlohmann::ordered_json report;
  for (const AuditedParameter& p : parameters) {
    report["parameters"].push_back(
        {{"name", p.name}, {"gradient", name_of(p.state)}, {"norm", p.norm}, {"reason", p.reason}});
  }
  report["leak"] = nullptr;
  if (leak) report["leak"] = {{"changed", leak->changed}, {"seen", leak->seen}};
  fmt::print("{}\n", report.dump());
}

void audit_command(const AuditArguments& o) {
  check_model_kind("audit", o.model, {ModelKind::gpt});
  GPT model = load_gpt(o.model);
  const Tokens ids = random_tokens(model.config, {o.seed, 0});
  const Tokens targets = random_tokens(model.config, {o.seed, 1u << 20});
  const std::vector<AuditedParameter> parameters =
      audit_gradients(model, [&] { return model.loss(ids, targets); });
  const std::optional<Leak> leak =
      find_leak([&](const Tokens& t) { return model(t); }, ids, model.config.vocab_size);
  o.json ? print_json(parameters, leak) : print_table(parameters, leak);
  const bool sound = !leak && std::none_of(parameters.begin(), parameters.end(), is_finding);
  if (!sound) throw Exit{1};
}

}  // namespace

void add_audit(CLI::App& program) {
  auto o = std::make_shared<AuditArguments>();
  CLI::App* command = program.add_subcommand(
      "audit", "Whether every parameter gets a gradient, and whether the mask is tight");
  command->add_option("--model", o->model, "Model directory")->required();
  command->add_option("--seed", o->seed, "Of the tokens it is tried on")->capture_default_str();
  command->add_flag("--json", o->json, "One JSON object");
  command->callback([o] { audit_command(*o); });
}

}  // namespace gradus
