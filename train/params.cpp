// gradus params: what a model is made of, without its memory.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "nn/pretrained/gpt2.h"
#include "nn/summary.h"
#include "train/commands.h"
#include "train/presets.h"

namespace gradus {
namespace {

struct ParamsArguments {
  std::string model;
  int64_t vocab_size = 0;
  bool json = false;
};

void params_command(const ParamsArguments& o) {
  const bool folder = std::filesystem::is_directory(o.model);
  GPTConfig config = folder ? load_gpt2_config(o.model) : find_preset(o.model).model;
  if (o.vocab_size > 0) config.vocab_size = o.vocab_size;
  const MetaMode no_memory;
  const GPT model(config);
  if (!o.json) {
    fmt::print("{}", summary(model));
    return;
  }
  nlohmann::ordered_json report{{"parameters", model.num_parameters()}};
  for (const ParameterGroup& g : parameter_groups(model)) report["groups"][g.kind] = g.count;
  for (const NamedTensor& p : model.named_parameters()) {
    report["tensors"].push_back(
        {{"name", p.name},
         {"shape", std::vector<int64_t>(p.tensor.shape().begin(), p.tensor.shape().end())}});
  }
  fmt::print("{}\n", report.dump());
}

}  // namespace

void add_params(CLI::App& program) {
  auto o = std::make_shared<ParamsArguments>();
  CLI::App* command = program.add_subcommand("params", "Parameters of a preset or model directory");
  command->add_option("model", o->model, "nano, baby, gpt2 or a model directory")
      ->required()
      ->check([](const std::string& name) {
        const bool known = std::filesystem::is_directory(name) ||
                           std::any_of(presets().begin(), presets().end(),
                                       [&](const Preset& p) { return p.name == name; });
        return known ? std::string() : name + " is neither a preset nor a folder";
      });
  command->add_option("--vocab-size", o->vocab_size, "Vocabulary (default: the preset's)")
      ->check(CLI::Range(int64_t{1}, (int64_t{1} << 31) - 1));
  command->add_flag("--json", o->json, "One JSON object");
  command->callback([o] { params_command(*o); });
}

}  // namespace gradus
