// gradus params: what a model is made of, without its memory.

#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/gpt2.h"
#include "nn/pretrained/task_model.h"
#include "nn/summary.h"
#include "train/bert_options.h"
#include "train/commands.h"
#include "train/presets.h"
#include "train/seq2seq_options.h"

namespace gradus {
namespace {

struct ParamsArguments {
  std::string model;
  int64_t vocab_size = 0;
  bool json = false;
};

constexpr std::string_view bert_prefix = "bert-";

bool is_seq2seq_preset(const std::string& name) {
  const std::vector<std::string> names = seq2seq_preset_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_preset(const std::string& name) {
  const auto named = [&](const auto& preset) { return preset.name == name; };
  const auto bert_named = [&](const auto& p) { return std::string(bert_prefix) + p.name == name; };
  return std::any_of(presets().begin(), presets().end(), named) || is_seq2seq_preset(name) ||
         std::any_of(bert_presets().begin(), bert_presets().end(), bert_named);
}

void print_params(const Module& model, bool as_json) {
  if (!as_json) {
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

void params_command(const ParamsArguments& o) {
  const auto with_vocabulary = [&](auto config) {
    if (o.vocab_size > 0) config.vocab_size = o.vocab_size;
    return config;
  };
  const bool folder = std::filesystem::is_directory(o.model);
  const std::string type = folder ? model_type_of(o.model) : "";
  const bool bert = folder ? type == "bert" : o.model.starts_with(bert_prefix);
  const bool seq2seq = folder ? is_encoder_decoder(type) : is_seq2seq_preset(o.model);
  if (folder && is_task_model(o.model)) {
    print_params(load_task_model(o.model), o.json);
  } else if (bert) {
    const MetaMode no_memory;
    const BERTConfig config = folder ? load_bert_config(o.model)
                                     : bert_options_from(o.model.substr(bert_prefix.size())).model;
    const bool next_sentence = !folder || predicts_next_sentence(o.model);
    print_params(BERTForPreTraining(with_vocabulary(config), next_sentence), o.json);
  } else if (seq2seq) {
    const MetaMode no_memory;
    const EncoderDecoderConfig config =
        folder ? load_encoder_decoder_config(o.model) : seq2seq_options_from(o.model).model;
    print_params(EncoderDecoder(with_vocabulary(config)), o.json);
  } else {
    const MetaMode no_memory;
    const GPTConfig config = folder ? load_gpt2_config(o.model) : find_preset(o.model).model;
    print_params(GPT(with_vocabulary(config)), o.json);
  }
}

}  // namespace

void add_params(CLI::App& program) {
  auto o = std::make_shared<ParamsArguments>();
  CLI::App* command = program.add_subcommand("params", "Parameters of a preset or model directory");
  command
      ->add_option(
          "model", o->model,
          fmt::format("{}, bert-tiny, bert-mini, bert-small, bert-base, {} or a model directory",
                      fmt::join(preset_names(), ", "), fmt::join(seq2seq_preset_names(), ", ")))
      ->required()
      ->check([](const std::string& name) {
        const bool known = std::filesystem::is_directory(name) || is_preset(name);
        return known ? std::string() : name + " is neither a preset nor a folder";
      });
  command->add_option("--vocab-size", o->vocab_size, "Vocabulary (default: the preset's)")
      ->check(CLI::Range(int64_t{1}, (int64_t{1} << 31) - 1));
  command->add_flag("--json", o->json, "One JSON object");
  command->callback([o] { params_command(*o); });
}

}  // namespace gradus
