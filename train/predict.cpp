// gradus predict: what a fine-tuned model says of a text.

#include <unistd.h>

#include <iostream>
#include <optional>
#include <sstream>

#include "data/file.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/predictor.h"
#include "train/signals.h"

namespace gradus {
namespace {

struct PredictArguments {
  std::string model, second, context, data;
  std::optional<std::string> text = {}, question = {};
  bool json = false;
};

void print(const Answered& answer, bool json) {
  using handler = nlohmann::ordered_json::error_handler_t;
  fmt::print("{}\n", json ? answer.object.dump(-1, ' ', false, handler::replace) : answer.line);
  std::fflush(stdout);
}

// The task's own file format, by the file's name, or a text in each line.
void predict_file(const Predictor& predictor, const PredictArguments& o) {
  const std::filesystem::path file = o.data;
  const std::string format = file.extension();
  const bool table = format == ".tsv" || format == ".csv";
  if (predictor.kind() == TaskKind::spans && format == ".json") {
    for (const SpanQuestion& one : read_squad(file).questions)
      print(predictor.question(one), o.json);
  } else if (predictor.kind() == TaskKind::tagging && format == ".conll") {
    for (const TaggedSentence& one : read_conll(file)) print(predictor.words(one.words), o.json);
  } else if (predictor.reads_texts() && table) {
    for (const LabelledText& one : read_texts(file, predictor.reading().pairs).rows)
      print(predictor.text(one), o.json);
  } else {
    std::istringstream lines(read_file(file));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) print(predictor.line(line, o.context), o.json);
    }
  }
}

// Prompts only a person who types.
void predict_lines(const Predictor& predictor, const PredictArguments& o) {
  const bool typed = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  while (stop_signal() == 0) {
    if (typed) std::fputs("> ", stderr);
    std::string line;
    if (!std::getline(std::cin, line)) break;
    if (line.empty() && typed) break;
    if (!line.empty()) print(predictor.line(line, o.context), o.json);
  }
}

// Refuses what the model would not look at.
void check_fits(const Predictor& predictor, const PredictArguments& o) {
  check_value(o.second.empty() || predictor.reads_texts(),
              "predict: {} does not read pairs of texts; it has no use for --second", o.model);
  check_value(o.context.empty() || predictor.kind() == TaskKind::spans,
              "predict: {} does not answer questions; it has no use for --context", o.model);
}

void predict_command(const PredictArguments& o) {
  const Predictor predictor(o.model);
  check_fits(predictor, o);
  if (!o.data.empty()) return predict_file(predictor, o);
  if (!o.text && !o.question) return predict_lines(predictor, o);
  const std::string& first = o.text ? *o.text : *o.question;
  print(o.second.empty() ? predictor.line(first, o.context)
                         : predictor.text({.text = first, .second = o.second, .label = ""}),
        o.json);
}

}  // namespace

void add_predict(CLI::App& program) {
  auto o = std::make_shared<PredictArguments>();
  CLI::App* command = program.add_subcommand(
      "predict",
      "What a fine-tuned model says: labels, tags or answers; reads lines from standard "
      "input if no text is given");
  command->add_option("--model", o->model, "Directory that gradus finetune has made")->required();
  CLI::Option* text = command->add_option("--text", o->text, "A text");
  command->add_option("--second", o->second, "The second text of a pair")->needs(text);
  CLI::Option* question =
      command->add_option("--question", o->question, "A question about --context")->excludes(text);
  CLI::Option* context = command->add_option("--context", o->context, "What holds the answers");
  question->needs(context);
  command
      ->add_option("--data", o->data,
                   "File: a text per line, a tab between those of a pair; a table (.tsv, .csv), "
                   "columns (.conll) or SQuAD's questions (.json)")
      ->excludes(text, question);
  command->add_flag("--json", o->json, "A JSON object per line");
  command->callback([o] { predict_command(*o); });
}

}  // namespace gradus
