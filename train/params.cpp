// gradus params: what a model is made of, without its memory.

#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/gpt.h"
#include "nn/pretrained/task_model.h"
#include "nn/summary.h"
#include "train/bert_options.h"
#include "train/chart.h"
#include "train/commands.h"
#include "train/model_facts.h"
#include "train/model_switches.h"
#include "train/presets.h"
#include "train/seq2seq_options.h"
#include "train/weights_page.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct ParamsArguments {
  std::string model;
  int64_t vocab_size = 0;
  bool json = false;
  std::string svg, weights;
  Settings<Switches> switches = {};
};

// The BERT of that name, or nothing.
const BERTPreset* find_bert_preset(const std::string& name) {
  for (const BERTPreset& preset : bert_presets()) {
    if (full_name(preset) == name) return &preset;
  }
  return nullptr;
}

bool is_seq2seq_preset(const std::string& name) {
  const std::vector<std::string> names = seq2seq_preset_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_preset(const std::string& name) {
  const auto named = [&](const auto& preset) { return preset.name == name; };
  return std::any_of(presets().begin(), presets().end(), named) ||
         find_bert_preset(name) != nullptr || is_seq2seq_preset(name);
}

// The parameters without the switches that were given, if there were any.
using Unchanged = std::optional<int64_t>;

std::string change_text(Unchanged before, int64_t parameters) {
  if (!before) return "";
  return fmt::format("the switches: {} -> {} parameters ({:+}, {:+.1f} %)\n", *before, parameters,
                     parameters - *before,
                     100 * (static_cast<double>(parameters) / static_cast<double>(*before) - 1));
}

// Parameters without biases and without positions: what others print who leave them out.
std::string other_counts(const Module& model) {
  int64_t biases = 0, positions = 0;
  for (const ParameterGroup& g : parameter_groups(model)) biases += g.biases;
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.name.ends_with("wpe.weight")) positions += p.tensor.numel();
  }
  const int64_t all = model.num_parameters();
  std::string text = fmt::format("weights {}, biases {}", all - biases, biases);
  if (positions > 0) text += fmt::format("; without positions {}", all - positions);
  return text + "\n";
}

ordered_json report_json(const Module& model, const ModelFacts& facts, Unchanged unchanged) {
  ordered_json report{{"parameters", model.num_parameters()}};
  if (unchanged) report["parameters_without_switches"] = *unchanged;
  for (const ParameterGroup& g : parameter_groups(model)) {
    report["groups"][g.kind] = g.count;
    report["biases"][g.kind] = g.biases;
  }
  report.update(facts.json);
  for (const NamedTensor& p : model.named_parameters()) {
    report["tensors"].push_back(
        {{"name", p.name},
         {"shape", std::vector<int64_t>(p.tensor.shape().begin(), p.tensor.shape().end())}});
  }
  return report;
}

void write_shares(const Module& model, const std::string& name, const std::string& file) {
  RowChart chart{.title = name,
                 .x_label = fmt::format("% of the parameters of {}", name),
                 .rows = {},
                 .from_zero = true};
  const auto all = static_cast<double>(model.num_parameters());
  for (const ParameterGroup& g : parameter_groups(model)) {
    chart.rows.push_back({g.kind, {100 * static_cast<double>(g.count) / all}});
  }
  write_file_atomically(file, standalone(to_svg(chart)));
}

void report(const Module& model, const ModelFacts& facts, const ParamsArguments& o,
            Unchanged unchanged = {}) {
  if (!o.svg.empty()) write_shares(model, o.model, o.svg);
  if (!o.weights.empty()) write_file_atomically(o.weights, weights_page(model, o.model));
  if (o.json) {
    fmt::print("{}\n", report_json(model, facts, unchanged).dump());
  } else {
    fmt::print("{}{}{}\n{}{}", summary(model), change_text(unchanged, model.num_parameters()),
               other_counts(model), bars(model), facts.text);
  }
}

// The folder of a model; config.json alone stands for its own.
fs::path folder_of(const std::string& model) {
  const fs::path path(model);
  return path.filename() == "config.json" ? path.parent_path() : path;
}

// A model of that config, without its memory. `more` is what the model takes besides.
template <class Model, class Config, class... More>
void report_config(const Config& given, const ParamsArguments& o, More... more) {
  const MetaMode no_memory;
  const Config config = switched(given, o.switches, o.model);
  Unchanged unchanged;
  if (!o.switches.empty()) unchanged = Model(given, more...).num_parameters();
  report(Model(config, more...), model_facts(config, more...), o, unchanged);
}

// Histograms need the weights.
void report_weights(const fs::path& folder, const ParamsArguments& o) {
  const std::string type = model_type_of(folder);
  if (type == "bert") {
    const BERTForPreTraining model = load_bert(folder);
    const bool next_sentence = model.predicts_next_sentence();
    return report(model, model_facts(model.config(), next_sentence), o);
  }
  if (is_encoder_decoder(type)) {
    const EncoderDecoder model = load_encoder_decoder(folder);
    return report(model, model_facts(model.config), o);
  }
  const GPT model = load_gpt(folder);
  report(model, model_facts(model.config), o);
}

void report_stored(const ParamsArguments& o) {
  const fs::path folder = folder_of(o.model);
  if (is_task_model(folder)) {
    check_value(o.switches.empty(),
                "params: {} is fine-tuned; switches are for models that are not", o.model);
    return report(load_task_model(folder), {}, o);
  }
  if (!o.weights.empty()) return report_weights(folder, o);
  const std::string type = model_type_of(folder);
  if (type == "bert")
    return report_config<BERTForPreTraining>(load_bert_config(folder), o,
                                             predicts_next_sentence(folder));
  if (is_encoder_decoder(type))
    return report_config<EncoderDecoder>(load_encoder_decoder_config(folder), o);
  report_config<GPT>(load_gpt_config(folder), o);
}

template <class Config>
Config with_vocab(Config config, const ParamsArguments& o) {
  if (o.vocab_size > 0) config.vocab_size = o.vocab_size;
  return config;
}

void report_preset(const ParamsArguments& o) {
  if (const BERTPreset* preset = find_bert_preset(o.model)) {
    report_config<BERTForPreTraining>(with_vocab(preset->model, o), o, preset->next_sentence);
  } else if (is_seq2seq_preset(o.model)) {
    report_config<EncoderDecoder>(with_vocab(seq2seq_options_from(o.model).model, o), o);
  } else {
    report_config<GPT>(with_vocab(find_preset(o.model).model, o), o);
  }
}

std::string all_presets() {
  std::vector<std::string> names = preset_names();
  for (const BERTPreset& preset : bert_presets()) names.push_back(full_name(preset));
  for (const std::string& name : seq2seq_preset_names()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void params_command(const ParamsArguments& o) {
  const bool preset = is_preset(o.model);
  check_value(o.weights.empty() || !preset,
              "params: --weights shows what a model has learned, and the preset {} has no weights",
              o.model);
  check_value(o.vocab_size == 0 || preset, "params: --vocab-size is for presets");
  check_value(o.weights.empty() || o.switches.empty(),
              "params: --weights shows what a model has learned, and one with other switches has "
              "learned nothing");
  preset ? report_preset(o) : report_stored(o);
}

}  // namespace

void add_params(CLI::App& program) {
  auto o = std::make_shared<ParamsArguments>();
  CLI::App* command = program.add_subcommand(
      "params", "Parameters of a preset or model: table, formula, shares, cache, arithmetic");
  command
      ->add_option(
          "model", o->model,
          all_presets() +
              ", a model directory or its config.json (llama and mistral have nano's size)")
      ->required()
      ->check([](const std::string& name) {
        const bool known = is_preset(name) || fs::is_directory(name) ||
                           (fs::path(name).filename() == "config.json" && fs::exists(name));
        return known ? std::string() : name + " is neither a folder nor a preset: " + all_presets();
      });
  command->add_option("--vocab-size", o->vocab_size, "Vocabulary (default: the preset's)")
      ->check(Between(int64_t{1}, (int64_t{1} << 31) - 1));
  command->add_option("--svg", o->svg, "Draws the shares into this file");
  command->add_option("--weights", o->weights,
                      "Draws a histogram of every matrix of a trained model into this HTML file");
  command->add_flag("--json", o->json, "One JSON object");
  add_shape_settings(*command, o->switches, "Positions");
  add_block_settings(*command, o->switches);
  command->callback([o] { params_command(*o); });
}

}  // namespace gradus
