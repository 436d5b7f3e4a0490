// gradus pretrain: the command line of pre-training.

#include <fmt/format.h>

#include <filesystem>

#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/plan.h"
#include "train/pretrain_gpt.h"
#include "train/settings.h"
#include "train/signals.h"

namespace gradus {
namespace {

// What the command line says about the settings of a run; the preset, or the model that it goes on
// from, says the rest.
struct Arguments {
  std::string preset = "nano", out, resume, init;
  Settings<TrainingOptions> settings;
  PretrainRequest request;
};

void add_settings(CLI::App& command, Settings<TrainingOptions>& settings) {
  using O = TrainingOptions;
  const auto add = [&](const char* name, auto place, const char* about) {
    return settings.add(command, name, place, about);
  };
  // clang-format off
  add("--n-layer", [](O& o) -> auto& { return o.model.n_layer; }, "Blocks");
  add("--n-head", [](O& o) -> auto& { return o.model.n_head; }, "Attention heads");
  add("--n-embd", [](O& o) -> auto& { return o.model.n_embd; }, "Width");
  add("--block-size", [](O& o) -> auto& { return o.model.block_size; }, "Tokens the model sees");
  add("--dropout", [](O& o) -> auto& { return o.model.dropout; }, "Probability of dropping a number");
  add("--bias", [](O& o) -> auto& { return o.model.bias; }, "Biases: true or false");
  add("--tie-weights", [](O& o) -> auto& { return o.model.tie_weights; },
      "The token embedding is the head: true or false");
  add("--init-std", [](O& o) -> auto& { return o.model.init_std; },
      "Standard deviation of the weights at the start");
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
  options.schedule.decay_steps = options.steps;
  options.model.checked();
  options.check();
  return options;
}

// Weights that are given say what the model is; only dropout and a shorter context can be chosen.
TrainingOptions settings_after(const Arguments& a) {
  TrainingOptions options = TrainingOptions::from(find_preset(a.preset));
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
  const bool timed = a.request.minutes > 0;
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
  a.request.resume = !a.resume.empty();
  a.request.folder = a.request.resume ? a.resume : a.out;
  if (a.request.resume) {
    const bool settled = a.settings.empty() && !a.request.dry_run && a.request.minutes == 0;
    if (!settled)
      throw CLI::ValidationError("--resume",
                                 "a run goes on with the settings it began with; give no others");
  } else {
    if (command.count("--data") == 0) throw CLI::RequiredError("--data");
    if (a.request.minutes > 0 && command.count("--steps") > 0)
      throw CLI::ExcludesError("--minutes", "--steps");
    if (command.count("--out") == 0 && !a.request.dry_run) throw CLI::RequiredError("--out");
    try {
      read_settings(command, a);
    } catch (const ValueError& error) {
      throw CLI::ValidationError("pretrain gpt", error.what());
    }
  }
  pretrain_gpt(a.request);
  if (stop_signal() == 0) return;
  std::fprintf(stderr, "stopped and saved; go on with: gradus pretrain gpt --resume %s\n",
               a.request.folder.c_str());
  throw Exit{128 + stop_signal()};
}

}  // namespace

void add_pretrain(CLI::App& program) {
  CLI::App* pretrain = program.add_subcommand("pretrain", "Train a model from scratch");
  pretrain->require_subcommand(1);
  add_pretrain_bert(*pretrain);
  CLI::App* command = pretrain->add_subcommand("gpt", "A GPT on next-token prediction");
  auto a = std::make_shared<Arguments>();
  command->add_option("--data", a->request.options.data,
                      "Text: a file, a folder, or - for standard input; a token file; or builtin, "
                      "stories whose entropy is known");
  CLI::Option* out = command->add_option("--out", a->out, "Run folder to make");
  CLI::Option* preset =
      command->add_option("--preset", a->preset, "nano, baby or gpt2")->capture_default_str();
  CLI::Option* init =
      command->add_option("--init", a->init, "Model directory to begin from: weights and tokenizer")
          ->check(CLI::ExistingDirectory)
          ->excludes(preset);
  command->add_option("--resume", a->resume, "Run folder to go on with")
      ->excludes(out, preset, init);
  add_minutes(*command, a->request.minutes,
              "Time to take: chooses shape, batch size, learning rate and steps, says what loss to "
              "expect, and keeps to the time (with --preset or --init: steps alone)");
  command->add_flag("--dry-run", a->request.dry_run,
                    "Parameters, memory and time per step, measured; no training");
  command
      ->add_option("--stop-after", a->request.stop_after,
                   "Save and stop after so many steps, to be resumed")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--quiet", a->request.quiet, "No progress");
  add_settings(*command, a->settings);
  command->callback([=] { pretrain_command(*command, *a); });
}

}  // namespace gradus
