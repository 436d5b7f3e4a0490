// gradus pretrain: the command line of pre-training.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/model_kind.h"
#include "train/plan.h"
#include "train/pretrain_gpt.h"
#include "train/run_command.h"
#include "train/settings.h"

namespace gradus {
namespace {

// What the command line says about the settings of a run; the preset, or the model that it goes on
// from, says the rest.
struct Arguments {
  std::string preset = "nano", init;
  Settings<TrainingOptions> settings;
  PretrainRequest request;
};

void add_settings(CLI::App& command, Settings<TrainingOptions>& settings) {
  add_shape_settings(command, settings, "Tokens the model sees");
  add_block_settings(command, settings);
  using O = TrainingOptions;
  const auto add = settings.adding_to(command);
  // clang-format off
  add("--tokenizer", [](O& o) -> auto& { return o.tokenizer; },
      "char, word or bpe, learned from the text, or a folder with a tokenizer (default: char; for builtin word)")
      ->check([](const std::string& name) {
        const bool known = name == "char" || name == "word" || name == "bpe" ||
                           std::filesystem::is_directory(name);
        return known ? "" : name + " is neither char nor word nor bpe nor a folder";
      });
  add("--vocab-size", [](O& o) -> auto& { return o.vocab_size; },
      "Most tokens of --tokenizer word or bpe (default: 4096)");
  // clang-format on
  add_run_settings(command, settings);
}

// What the command line changes about a run.
TrainingOptions changed(TrainingOptions options, const Arguments& a) {
  options.data = a.request.options.data;
  a.settings.apply(options);
  return options;
}

// Weights that are given say what the model is; only dropout and a shorter context can be chosen.
TrainingOptions settings_after(const Arguments& a) {
  TrainingOptions options = TrainingOptions::from(find_preset(a.preset));
  check_model_kind("pretrain gpt", a.init, {ModelKind::gpt});
  const GPTConfig given = load_gpt2_config(a.init);
  options.model = given;
  options.init = std::filesystem::absolute(a.init).string();
  options = changed(options, a);
  check_value(options.model.block_size <= given.block_size,
              "--block-size {} is more than the {} of the model in --init",
              options.model.block_size, given.block_size);
  check_value(can_take_weights(options.model, given) && options.model.init_std == given.init_std,
              "--init decides the shape of the model; give no other");
  check_value(options.tokenizer.empty(), "--init brings its tokenizer; give no other");
  return options;
}

// The shapes that what was asked for fits. Throws ValueError if there is none.
std::vector<TrainingOptions> fitting_rungs(const Arguments& a) {
  std::vector<TrainingOptions> rungs;
  std::string problem;
  for (const TrainingOptions& rung : ladder()) {
    try {
      rungs.push_back(changed(rung, a));
    } catch (const ValueError& error) {  // such as heads that do not divide the width
      problem = error.what();
    }
  }
  if (rungs.empty()) throw ValueError(problem);
  return rungs;
}

void read_settings(const CLI::App& command, Arguments& a) {
  const bool timed = a.request.run.minutes > 0;
  if (!a.init.empty()) {
    a.request.options = settings_after(a);
  } else if (timed && command.count("--preset") == 0) {
    a.request.ladder = fitting_rungs(a);
    a.request.options = a.request.ladder.front();
  } else {
    a.request.options = changed(TrainingOptions::from(find_preset(a.preset)), a);
  }
}

void pretrain_command(const CLI::App& command, Arguments& a) {
  const RunRequest& run = a.request.run;
  check_run_command(command, run, {"--data"});
  if (!run.resume) or_usage_error("pretrain gpt", [&] { read_settings(command, a); });
  pretrain_gpt(a.request);
  exit_if_stopped("pretrain gpt", run);
}

}  // namespace

void add_pretrain(CLI::App& program) {
  CLI::App* pretrain = program.add_subcommand("pretrain", "Train a model from scratch");
  pretrain->require_subcommand(1);
  add_pretrain_bert(*pretrain);
  add_pretrain_seq2seq(*pretrain);
  CLI::App* command = pretrain->add_subcommand("gpt", "A GPT on next-token prediction");
  auto a = std::make_shared<Arguments>();
  command->add_option("--data", a->request.options.data,
                      "Text: a file, a folder, or - for standard input; a token file; or builtin, "
                      "stories whose entropy is known");
  add_run_options(*command, a->request.run,
                  add_beginnings(*command, a->preset, a->init,
                                 fmt::format("{}", fmt::join(preset_names(), ", ")).c_str()),
                  "Time to take: chooses shape, batch size, learning rate and steps, says what "
                  "loss to expect, and keeps to the time (with --preset or --init: steps alone)");
  add_settings(*command, a->settings);
  command->callback([=] { pretrain_command(*command, *a); });
}

}  // namespace gradus
