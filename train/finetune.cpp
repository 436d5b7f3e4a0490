// gradus finetune: the command line of fine-tuning.

#include <fmt/format.h>

#include "tensor/errors.h"
#include "train/commands.h"
#include "train/finetune/pooling_option.h"
#include "train/finetune/session.h"
#include "train/model_kind.h"
#include "train/precision_option.h"
#include "train/signals.h"

namespace gradus {
namespace {

using SharedOptions = std::shared_ptr<SessionOptions>;

void add_data(CLI::App& command, const SharedOptions& o, const char* format) {
  command.add_option("--model", o->model, "Directory of a pre-trained BERT or GPT")
      ->required()
      ->check(CLI::ExistingDirectory);
  command.add_option("--train", o->train, fmt::format("{}; or builtin", format))->required();
  command.add_option("--dev", o->dev,
                     "What the best weights are chosen by (default: a tenth of --train, held out)");
  command.add_option("--test", o->test,
                     "Measured once, at the end (default: builtin for --train builtin)");
  command.add_option("--out", o->out, "Folder to make: the fine-tuned model, and metrics.json")
      ->required();
  command.add_option("--labels", o->labels, "Learn from so many examples only, chosen by the seed")
      ->check(CLI::PositiveNumber);
}

void add_texts(CLI::App& command, const SharedOptions& o) {
  const std::map<std::string, TaskKind> kinds{{"classification", TaskKind::classification},
                                              {"regression", TaskKind::regression},
                                              {"multi-label", TaskKind::multi_label}};
  command
      .add_option("--task", o->kind,
                  "classification, regression (labels are numbers) or multi-label (any number of "
                  "them, between commas)")
      ->transform(CLI::CheckedTransformer(kinds).description(""));
  add_pooling(command, o->pooling);
  command.add_option("--text-column", o->columns.text, "Name of the text's column");
  command.add_option("--label-column", o->columns.label, "Name of the label's column");
  if (o->task == TaskName::pairs)
    command.add_option("--second-column", o->columns.second, "Name of the second text's column");
}

void add_learning(CLI::App& command, const SharedOptions& o) {
  FineTuneOptions& t = o->tuning;
  command.add_flag("--freeze", t.freeze,
                   "Encoder and pooler stay as they are; only the linear layer learns");
  command.add_flag("--scratch", o->scratch, "Random weights in place of the pre-trained ones");
  command.add_option("--seeds", o->seeds, "Models to train: mean and spread; the best is kept")
      ->check(Between(1, 1000));
  command.add_option("--seed", t.seed, "Of the head, batches, dropout, and --labels");
  command.add_option(
      "--lr", o->lr,
      "Learning rate (default: 1e-3, less for wide pre-trained models; with --freeze 1e-2)");
  command.add_option("--epochs", t.epochs, "Times that every example is seen")
      ->capture_default_str();
  command.add_option("--min-steps", t.min_steps, "More epochs where these take fewer steps")
      ->capture_default_str();
  command.add_option("--batch-size", t.batch_size, "Examples in a step")
      ->check(Between(1, 65536))
      ->capture_default_str();
  command
      .add_option("--layer-decay", t.layer_decay,
                  "Each layer's learning rate, as a share of the one above")
      ->capture_default_str();
  command
      .add_option("--dropout", o->dropout,
                  "In all layers (default: the head 0.1, the others as pre-trained)")
      ->check(Between(0.0, 0.99));
  command.add_option("--evaluations", t.evaluations, "On dev, at most")
      ->check(Between(1, 100000))
      ->capture_default_str();
  command
      .add_option("--patience", t.patience,
                  "End after so many evaluations without a better one (default: never)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-length", o->max_length, "Tokens of a text; longer ones are cut")
      ->check(CLI::PositiveNumber);
  add_precision(command, [o](Precision p) { o->tuning.precision = p; });
  command.add_flag("--json", o->json, "All figures as one JSON object");
  command.add_flag("--quiet", o->quiet, "No progress");
}

void finetune_command(const std::string& task, const SessionOptions& o) {
  or_usage_error("finetune", [&] {
    o.tuning.check();
    if (o.lr) check_value(*o.lr > 0, "a learning rate of {} must be positive", *o.lr);
  });
  check_model_kind("finetune " + task, o.model, {ModelKind::bert, ModelKind::gpt});
  watch_signals();
  survive_failed_writes();
  const SessionEnd end = fine_tune_session(o);
  if (end == SessionEnd::complete) return;
  std::fputs(end == SessionEnd::stopped ? "stopped; the best weights so far were saved\n"
                                        : "stopped; nothing was learned, nothing saved\n",
             stderr);
  throw Exit{128 + stop_signal()};
}

void add_task(CLI::App& finetune, TaskName task, const char* name, const char* about,
              const char* format) {
  auto o = std::make_shared<SessionOptions>();
  o->task = task;
  CLI::App* command = finetune.add_subcommand(name, about);
  add_data(*command, o, format);
  if (task == TaskName::sentiment || task == TaskName::pairs) add_texts(*command, o);
  if (task == TaskName::qa) {
    command->add_option("--doc-stride", o->doc_stride, "Tokens between windows of a context")
        ->check(CLI::PositiveNumber);
  }
  add_learning(*command, o);
  command->callback([o, task_name = std::string(name)] { finetune_command(task_name, *o); });
}

}  // namespace

void add_finetune(CLI::App& program) {
  CLI::App* finetune =
      program.add_subcommand("finetune", "Teach a pre-trained model a task from labelled examples");
  finetune->require_subcommand(1);
  add_task(*finetune, TaskName::sentiment, "sentiment", "Texts: classes, numbers or labels",
           "Table (TSV or CSV) of texts and labels");
  add_task(*finetune, TaskName::pairs, "pairs", "Pairs of texts: classes, numbers or labels",
           "Table (TSV or CSV) of pairs and labels");
  add_task(*finetune, TaskName::ner, "ner", "Names in texts: a tag for every word",
           "Words and tags in columns (CoNLL)");
  add_task(*finetune, TaskName::qa, "qa", "Questions: the part of a context that answers",
           "Questions in SQuAD's JSON");
  add_finetune_seq2seq(*finetune);
}

}  // namespace gradus
