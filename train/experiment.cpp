// gradus experiment: measurements that answer a question, each with a table and a page.

#include <fmt/format.h>

#include "train/commands.h"
#include "train/experiments/pretraining_pays.h"
#include "train/finetune/pooling_option.h"
#include "train/signals.h"

namespace gradus {
namespace {

constexpr const char* pays_about =
    "Fine-tuned, frozen, from scratch, logistic regression: accuracy by number of labels";

void add_pretraining_pays(CLI::App& experiment) {
  auto o = std::make_shared<PretrainingPaysOptions>();
  CLI::App* command = experiment.add_subcommand("pretraining-pays", pays_about);
  command->add_option("--model", o->model, "Directory of a pre-trained model")
      ->required()
      ->check(CLI::ExistingDirectory);
  const std::map<std::string, TaskName> tasks{{"sentiment", TaskName::sentiment},
                                              {"pairs", TaskName::pairs}};
  command->add_option("--task", o->task, "sentiment or pairs")
      ->transform(CLI::CheckedTransformer(tasks));
  add_pooling(*command, o->pooling);
  command->add_option("--train", o->train, "Table of texts and labels, or builtin")
      ->capture_default_str();
  command->add_option("--dev", o->dev, "Table to measure on, or builtin")->capture_default_str();
  command
      ->add_option("--out", o->out,
                   "Folder for results.json and report.html; what it holds is not measured again")
      ->required();
  command->add_option("--seeds", o->seeds, "Runs of each kind")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--seed", o->first_seed, "The first of them");
  command->add_flag("--quick", o->quick, "30, 100 and 300 labels, one seed, 100 steps");
  command->add_flag("--json", o->json, "All results as one JSON object");
  command->add_flag("--quiet", o->quiet, "No progress");
  command->callback([o] {
    watch_signals();
    survive_failed_writes();
    if (!pretraining_pays(*o)) return;
    std::fputs("stopped; the same command goes on from here\n", stderr);
    throw Exit{128 + stop_signal()};
  });
}

}  // namespace

void add_experiment(CLI::App& program) {
  CLI::App* experiment =
      program.add_subcommand("experiment", "Measurements that answer a question");
  experiment->require_subcommand(1);
  experiment->add_subcommand("list", "What there is")->callback([] {
    fmt::print("pretraining-pays  {}\n", pays_about);
  });
  add_pretraining_pays(*experiment);
}

}  // namespace gradus
