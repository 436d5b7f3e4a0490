// gradus experiment: measurements that answer a question, each with a table and a page.

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "train/commands.h"
#include "train/experiments/label_curve.h"
#include "train/experiments/runner.h"
#include "train/finetune/pooling_option.h"
#include "train/signals.h"

namespace gradus {
namespace {

constexpr const char* label_curve_about =
    "Fine-tuned, frozen, from scratch, logistic regression: accuracy by number of labels";

void add_label_curve(CLI::App& experiment) {
  auto o = std::make_shared<LabelCurveOptions>();
  CLI::App* command = experiment.add_subcommand("label-curve", label_curve_about);
  command->add_option("--model", o->model, "Directory of a pre-trained model")
      ->required()
      ->check(CLI::ExistingDirectory);
  const std::map<std::string, TaskName> tasks{{"sentiment", TaskName::sentiment},
                                              {"pairs", TaskName::pairs}};
  command->add_option("--task", o->task, "sentiment or pairs")
      ->transform(CLI::CheckedTransformer(tasks).description(""));
  add_pooling(*command, o->pooling);
  command->add_option("--train", o->train, "Table of texts and labels, or builtin")
      ->capture_default_str();
  command->add_option("--dev", o->dev, "Table to measure on, or builtin")->capture_default_str();
  command
      ->add_option("--out", o->out,
                   "Folder for results.json and report.html; what it holds is not measured again")
      ->required();
  command->add_option("--seeds", o->seeds, "Runs of each kind")
      ->check(Between(1, 1000))
      ->capture_default_str();
  command->add_option("--seed", o->first_seed, "The first of them");
  command->add_flag("--quick", o->quick, "30, 100 and 300 labels, one seed, 100 steps");
  command->add_flag("--json", o->json, "All results as one JSON object");
  command->add_flag("--quiet", o->quiet, "No progress");
  command->callback([o] {
    watch_signals();
    survive_failed_writes();
    if (!label_curve(*o)) return;
    std::fputs("stopped; the same command goes on from here\n", stderr);
    throw Exit{128 + stop_signal()};
  });
}

struct ExperimentArguments {
  ExperimentRequest request;
  std::string results = "runs/experiments";
  double budget = 0;  // minutes
  bool json = false;
};

void add_common(CLI::App& command, ExperimentArguments& a) {
  command.add_flag("--quick", a.request.options.quick, "Less than a minute: fewer, smaller cells");
  command.add_option("--results", a.results, "Folder that keeps what was found")
      ->capture_default_str();
}

void add_running(CLI::App& command, ExperimentArguments& a) {
  command.add_option("--seeds", a.request.options.seeds, "Runs of each kind")
      ->check(Between(1, 1000))
      ->capture_default_str()
      ->excludes("--quick");
  command.add_flag("--quiet", a.request.quiet, "No progress");
}

// Runs one experiment; whether it came to its end.
bool run_one(const Experiment& e, const ExperimentArguments& a) {
  const nlohmann::ordered_json results = run_experiment(e, a.request);
  if (!results.contains("outcome")) return false;
  fmt::print("{}", a.json ? results.dump() + "\n" : finding_text(e, results));
  return true;
}

void exit_if_signalled() {
  if (stop_signal() == 0) return;
  std::fputs("stopped; the same command goes on from here\n", stderr);
  throw Exit{128 + stop_signal()};
}

void add_measurement(CLI::App& experiment, const Experiment& e) {
  auto a = std::make_shared<ExperimentArguments>();
  CLI::App* command = experiment.add_subcommand(e.name, e.claim);
  add_common(*command, *a);
  add_running(*command, *a);
  command->add_flag("--json", a->json, "All results as one JSON object");
  command->callback([a, &e] {
    a->request.results = a->results;
    watch_signals();
    survive_failed_writes();
    run_one(e, *a);
    exit_if_signalled();
  });
}

void add_all(CLI::App& experiment) {
  auto a = std::make_shared<ExperimentArguments>();
  CLI::App* command = experiment.add_subcommand("all", "Runs what is missing");
  add_common(*command, *a);
  add_running(*command, *a);
  command->add_option("--budget", a->budget, "Minutes; begins nothing afterwards (0: no limit)")
      ->check(Between(0.0, 1e6));
  command->callback([a] {
    a->request.results = a->results;
    if (a->budget > 0) {
      a->request.end = std::chrono::steady_clock::now() +
                       std::chrono::nanoseconds(static_cast<int64_t>(60e9 * a->budget));
    }
    watch_signals();
    survive_failed_writes();
    for (const Experiment& e : experiments()) {
      if (run_one(e, *a)) continue;
      exit_if_signalled();
      std::fputs("the time is up; the same command goes on from here\n", stderr);
      return;
    }
  });
}

void add_list(CLI::App& experiment) {
  auto a = std::make_shared<ExperimentArguments>();
  CLI::App* command = experiment.add_subcommand(
      "list",
      "Claims, and what was found last here; --results docs/results shows what the authors found");
  add_common(*command, *a);
  command->callback([a] {
    a->request.results = a->results;
    bool any = false;
    for (const Experiment& e : experiments()) {
      const nlohmann::ordered_json last = last_result(e, a->request);
      const bool found = last.is_object() && last.contains("outcome");
      any = any || found;
      fmt::print("{}: {} ({})\n  {}\n", e.name, e.claim, e.source,
                 found ? fmt::format("{}. {}", last["outcome"].get<std::string>(),
                                     last["finding"].get<std::string>())
                       : fmt::format("not in {} yet: gradus experiment {}", a->results, e.name));
    }
    fmt::print("label-curve: {}\n  asks for a model: gradus experiment label-curve --help\n",
               label_curve_about);
    if (!any)
      std::fputs("what the authors found: gradus experiment list --results docs/results\n", stderr);
  });
}

void add_ledger(CLI::App& experiment) {
  auto a = std::make_shared<ExperimentArguments>();
  auto file = std::make_shared<std::string>();
  a->results = "docs/results";
  CLI::App* command =
      experiment.add_subcommand("ledger", "All that was found, as Markdown on standard output");
  add_common(*command, *a);
  command->add_option("--into", *file,
                      "A file that has the lines <!-- ledger --> and <!-- /ledger -->: writes "
                      "between them instead");
  command->callback([a, file] {
    a->request.results = a->results;
    if (file->empty()) {
      fmt::print("{}", ledger(a->request));
    } else {
      write_ledger(a->request, *file);
    }
  });
}

}  // namespace

void add_experiment(CLI::App& program) {
  CLI::App* experiment =
      program.add_subcommand("experiment", "Claims about transformers, measured");
  experiment->require_subcommand(1);
  add_list(*experiment);
  add_all(*experiment);
  add_ledger(*experiment);
  for (const Experiment& e : experiments()) add_measurement(*experiment, e);
  add_label_curve(*experiment);
}

}  // namespace gradus
