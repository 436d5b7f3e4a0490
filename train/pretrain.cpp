// gradus pretrain: the command line of pre-training.

#include <fmt/format.h>

#include <filesystem>

#include "nn/pretrained/gpt2.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/plan.h"
#include "train/pretrain_gpt.h"
#include "train/signals.h"

namespace gradus {
namespace {

using O = TrainingOptions;

// What the command line says about the settings of a run; the preset, or the model that it goes on
// from, says the rest.
struct Arguments {
  std::string preset = "nano", out, resume, init;
  std::vector<std::function<void(O&)>> changes;  // in the order of the command line
  PretrainRequest request;
};

// Adds an option that changes the setting found by `place`.
template <class Place>
CLI::Option* setting(CLI::App& command, const std::shared_ptr<Arguments>& a, const char* name,
                     Place place, const char* about) {
  using Value = std::remove_reference_t<decltype(place(std::declval<O&>()))>;
  const auto change = [a, place](const Value& value) {
    a->changes.push_back([=](O& o) { place(o) = value; });
  };
  return command.add_option_function<Value>(name, change, about)
      ->group("Settings (default: the preset's)");
}

void add_settings(CLI::App& command, const std::shared_ptr<Arguments>& a) {
  const auto add = [&](const char* name, auto place, const char* about) {
    return setting(command, a, name, place, about);
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
  add("--batch-size", [](O& o) -> auto& { return o.batch_size; }, "Sequences in a micro-batch");
  add("--accumulation", [](O& o) -> auto& { return o.accumulation; }, "Micro-batches in a step");
  add("--steps", [](O& o) -> auto& { return o.steps; }, "Optimizer steps");
  add("--lr", [](O& o) -> auto& { return o.schedule.lr; }, "Learning rate after the warm-up");
  add("--min-lr", [](O& o) -> auto& { return o.schedule.min_lr; }, "Learning rate at the end");
  add("--decay-start", [](O& o) -> auto& { return o.schedule.decay_start; },
      "Step until which the learning rate stays up (default: the end of the warm-up)");
  add("--init-std", [](O& o) -> auto& { return o.model.init_std; },
      "Standard deviation of the weights at the start");
  add("--warmup-steps", [](O& o) -> auto& { return o.schedule.warmup_steps; }, "Of linear warm-up");
  add("--beta1", [](O& o) -> auto& { return o.beta1; }, "Adam's decay of the mean");
  add("--beta2", [](O& o) -> auto& { return o.beta2; }, "Adam's decay of the mean square");
  add("--eps", [](O& o) -> auto& { return o.eps; }, "Adam's epsilon");
  add("--weight-decay", [](O& o) -> auto& { return o.weight_decay; }, "Of matrices, not of vectors");
  add("--clip", [](O& o) -> auto& { return o.clip; }, "Largest gradient norm; 0 does not clip");
  add("--eval-interval", [](O& o) -> auto& { return o.eval_interval; }, "Steps between validations");
  add("--eval-batches", [](O& o) -> auto& { return o.eval_batches; },
      "Batches of a validation; 0 takes the whole split, as the last one does");
  add("--sample-interval", [](O& o) -> auto& { return o.sample_interval; }, "Steps between samples");
  add("--checkpoint-interval", [](O& o) -> auto& { return o.checkpoint_interval; },
      "Steps between checkpoints");
  add("--keep-checkpoints", [](O& o) -> auto& { return o.keep_checkpoints; }, "How many stay");
  add("--seed", [](O& o) -> auto& { return o.seed; }, "Of weights, batches, dropout and samples");
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
  const std::map<std::string, Decay> decays{
      {"constant", Decay::constant}, {"linear", Decay::linear}, {"cosine", Decay::cosine}};
  add(
      "--decay", [](O & o) -> auto& { return o.schedule.decay; }, "After the warm-up")
      ->transform(CLI::CheckedTransformer(decays));
}

// What the command line changes about a run.
TrainingOptions changed(TrainingOptions options, const Arguments& a) {
  options.data = a.request.options.data;
  for (const auto& change : a.changes) change(options);
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
    const bool settled = a.changes.empty() && !a.request.dry_run && a.request.minutes == 0;
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
  command
      ->add_option("--minutes", a->request.minutes,
                   "Time to take: chooses shape, batch size, learning rate and steps, says what "
                   "loss to expect, and keeps to the time (with --preset or --init: steps alone)")
      ->check(CLI::Range(0.1, 1e6))
      ->check([](const std::string& text) {
        return text.find_first_not_of("0123456789.eE+") == text.npos ? "" : text + " is no time";
      });
  command->add_flag("--dry-run", a->request.dry_run,
                    "Parameters, memory and time per step, measured; no training");
  command
      ->add_option("--stop-after", a->request.stop_after,
                   "Save and stop after so many steps, to be resumed")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--quiet", a->request.quiet, "No progress");
  add_settings(*command, a);
  command->callback([=] { pretrain_command(*command, *a); });
}

}  // namespace gradus
