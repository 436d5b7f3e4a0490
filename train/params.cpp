// gradus params: what a model is made of, without its memory.

#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "nn/formula.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "nn/pretrained/gpt.h"
#include "nn/pretrained/task_model.h"
#include "nn/summary.h"
#include "train/bert_options.h"
#include "train/chart.h"
#include "train/commands.h"
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

// What is known of a model besides its parameters.
struct Facts {
  std::vector<FormulaTerm> formula = {};
  std::string letters = {};
  std::optional<GPTConfig> gpt = {};      // which alone has a cache
  std::optional<int64_t> unchanged = {};  // parameters without the switches that were given
};

// The parameters without the switches, if there are any.
template <class Make>
std::optional<int64_t> count_unchanged(const ParamsArguments& o, Make make) {
  if (o.switches.empty()) return {};
  const MetaMode no_memory;
  return make().num_parameters();
}

std::string change_text(const Facts& facts, int64_t parameters) {
  if (!facts.unchanged) return "";
  const int64_t before = *facts.unchanged;
  return fmt::format("{} without the switches: {:+} parameters, {:+.1f} %\n", before,
                     parameters - before,
                     100 * (static_cast<double>(parameters) / static_cast<double>(before) - 1));
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

std::string facts_text(const Facts& facts) {
  if (facts.formula.empty()) return "";
  std::string text = "\n";
  for (const FormulaTerm& term : facts.formula) {
    text += fmt::format("{:<9}  {:>12} = {}\n", term.kind, term.count, term.formula);
  }
  text += fmt::format("where {}\n", facts.letters);
  if (!facts.gpt) return text;
  const int64_t T = facts.gpt->block_size;
  return text +
         fmt::format("\nKV cache: {} bytes a token, {} in half precision (2 L NKV hs numbers)\n",
                     cache_bytes_per_token(*facts.gpt), cache_bytes_per_token(*facts.gpt, 2)) +
         fmt::format("forward: {:.4g} MFLOP a token among T = {}; training three times as many\n",
                     forward_flops_per_token(*facts.gpt, T) / 1e6, T);
}

ordered_json report_json(const Module& model, const Facts& facts) {
  ordered_json report{{"parameters", model.num_parameters()}};
  if (facts.unchanged) report["parameters_without_switches"] = *facts.unchanged;
  for (const ParameterGroup& g : parameter_groups(model)) {
    report["groups"][g.kind] = g.count;
    report["biases"][g.kind] = g.biases;
  }
  for (const FormulaTerm& term : facts.formula) report["formula"][term.kind] = term.formula;
  if (facts.gpt) {
    report["cache_bytes_per_token"] = cache_bytes_per_token(*facts.gpt);
    report["forward_flops_per_token"] = forward_flops_per_token(*facts.gpt, facts.gpt->block_size);
  }
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

void report(const Module& model, const Facts& facts, const ParamsArguments& o) {
  if (!o.svg.empty()) write_shares(model, o.model, o.svg);
  if (!o.weights.empty()) write_file_atomically(o.weights, weights_page(model, o.model));
  if (o.json) {
    fmt::print("{}\n", report_json(model, facts).dump());
  } else {
    fmt::print("{}{}{}\n{}{}", summary(model), change_text(facts, model.num_parameters()),
               other_counts(model), bars(model), facts_text(facts));
  }
}

// The folder of a model; config.json alone stands for its own.
fs::path folder_of(const std::string& model) {
  const fs::path path(model);
  return path.filename() == "config.json" ? path.parent_path() : path;
}

void report_bert(const BERTConfig& given, bool next_sentence, const ParamsArguments& o) {
  const MetaMode no_memory;
  const BERTConfig config = switched(given, o.switches, o.model);
  const auto unchanged =
      count_unchanged(o, [&] { return BERTForPreTraining(given, next_sentence); });
  report(BERTForPreTraining(config, next_sentence),
         {.formula = parameter_formula(config, next_sentence),
          .letters = letters(config),
          .unchanged = unchanged},
         o);
}

void report_encoder_decoder(const EncoderDecoderConfig& given, const ParamsArguments& o) {
  const MetaMode no_memory;
  const EncoderDecoderConfig config = switched(given, o.switches, o.model);
  const auto unchanged = count_unchanged(o, [&] { return EncoderDecoder(given); });
  report(EncoderDecoder(config),
         {.formula = parameter_formula(config), .letters = letters(config), .unchanged = unchanged},
         o);
}

void report_gpt(const GPTConfig& given, const ParamsArguments& o) {
  const MetaMode no_memory;
  const GPTConfig config = switched(given, o.switches, o.model);
  const auto unchanged = count_unchanged(o, [&] { return GPT(given); });
  report(GPT(config),
         {.formula = parameter_formula(config),
          .letters = letters(config),
          .gpt = config,
          .unchanged = unchanged},
         o);
}

// Histograms need the weights.
void report_weights(const fs::path& folder, const ParamsArguments& o) {
  const std::string type = model_type_of(folder);
  if (type == "bert") {
    const BERTForPreTraining model = load_bert(folder);
    const bool next_sentence = model.predicts_next_sentence();
    return report(model,
                  {parameter_formula(model.config(), next_sentence), letters(model.config())}, o);
  }
  if (is_encoder_decoder(type)) {
    const EncoderDecoder model = load_encoder_decoder(folder);
    return report(model, {parameter_formula(model.config), letters(model.config)}, o);
  }
  const GPT model = load_gpt(folder);
  report(model, {parameter_formula(model.config), letters(model.config), model.config}, o);
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
    return report_bert(load_bert_config(folder), predicts_next_sentence(folder), o);
  if (is_encoder_decoder(type))
    return report_encoder_decoder(load_encoder_decoder_config(folder), o);
  report_gpt(load_gpt_config(folder), o);
}

template <class Config>
Config with_vocab(Config config, const ParamsArguments& o) {
  if (o.vocab_size > 0) config.vocab_size = o.vocab_size;
  return config;
}

void report_preset(const ParamsArguments& o) {
  if (const BERTPreset* preset = find_bert_preset(o.model)) {
    report_bert(with_vocab(preset->model, o), preset->next_sentence, o);
  } else if (is_seq2seq_preset(o.model)) {
    report_encoder_decoder(with_vocab(seq2seq_options_from(o.model).model, o), o);
  } else {
    report_gpt(with_vocab(find_preset(o.model).model, o), o);
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
  command->add_option("model", o->model, all_presets() + ", a model directory or its config.json")
      ->required()
      ->check([](const std::string& name) {
        const bool known = is_preset(name) || fs::is_directory(name) ||
                           (fs::path(name).filename() == "config.json" && fs::exists(name));
        return known ? std::string() : name + " is neither a preset nor a folder";
      });
  command->add_option("--vocab-size", o->vocab_size, "Vocabulary (default: the preset's)")
      ->check(CLI::Range(int64_t{1}, (int64_t{1} << 31) - 1));
  command->add_option("--svg", o->svg, "Draws the shares into this file");
  command->add_option("--weights", o->weights,
                      "Draws a histogram of every matrix of a trained model into this HTML file");
  command->add_flag("--json", o->json, "One JSON object");
  add_shape_settings(*command, o->switches, "Positions");
  add_block_settings(*command, o->switches);
  command->callback([o] { params_command(*o); });
}

}  // namespace gradus
