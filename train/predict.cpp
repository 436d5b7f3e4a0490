// gradus predict: what a fine-tuned model says of a text.

#include <unistd.h>

#include <iostream>
#include <optional>
#include <sstream>

#include "data/file.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/predictor.h"
#include "train/seq2seq_command.h"
#include "train/signals.h"
#include "train/text_predictor.h"

namespace gradus {
namespace {

struct PredictArguments {
  std::string model, second, context, data;
  std::optional<std::string> text = {}, question = {};
  BeamOptions beams = {.max_new_tokens = 0};  // 0: as the model was taught
  bool writes = false;                        // the options of beam search were given
  bool json = false;
};

bool is_table(const std::filesystem::path& file) {
  return file.extension() == ".tsv" || file.extension() == ".csv";
}

void print(const Answered& answer, bool json) {
  using handler = nlohmann::ordered_json::error_handler_t;
  fmt::print("{}\n", json ? answer.object.dump(-1, ' ', false, handler::replace) : answer.line);
  std::fflush(stdout);
}

// Who reads answers beside the lines of a file must know that some have none.
void tell_skipped(int64_t blank) {
  if (blank > 0) fmt::print(stderr, "note: {} blank lines were skipped\n", blank);
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == line.npos; }

// Calls `use` with every line that is not blank.
template <class Use>
void for_each_line(const std::filesystem::path& file, Use use) {
  std::istringstream lines(read_file(file));
  int64_t blank = 0;
  for (std::string line; std::getline(lines, line);) {
    if (is_blank(line)) {
      ++blank;
    } else {
      use(line);
    }
  }
  tell_skipped(blank);
}

// The task's own file format, by the file's name, or a text in each line.
void predict_file(const Predictor& predictor, const PredictArguments& o) {
  const std::filesystem::path file = o.data;
  const std::string format = file.extension();
  if (predictor.kind() == TaskKind::spans && format == ".json") {
    for (const SpanQuestion& one : read_squad(file).questions)
      print(predictor.question(one), o.json);
  } else if (predictor.kind() == TaskKind::tagging && format == ".conll") {
    for (const TaggedSentence& one : read_conll(file)) print(predictor.words(one.words), o.json);
  } else if (predictor.reads_texts() && is_table(file)) {
    for (const LabelledText& one : read_texts(file, predictor.reading().pairs).rows)
      print(predictor.text(one), o.json);
  } else {
    for_each_line(file,
                  [&](const std::string& line) { print(predictor.line(line, o.context), o.json); });
  }
}

// The same of standard input. Prompts only a person who types.
template <class Use>
void for_each_typed_line(Use use) {
  const bool typed = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  int64_t blank = 0;
  while (stop_signal() == 0) {
    if (typed) std::fputs("> ", stderr);
    std::string line;
    if (!std::getline(std::cin, line)) break;
    if (!is_blank(line)) {
      use(line);
    } else if (typed) {
      break;
    } else {
      ++blank;
    }
  }
  tell_skipped(blank);
}

// Refuses what the model would not look at.
void check_fits(const Predictor& predictor, const PredictArguments& o) {
  check_value(o.second.empty() || predictor.reads_texts(),
              "predict: {} does not read pairs of texts; it has no use for --second", o.model);
  check_value(o.context.empty() || predictor.kind() == TaskKind::spans,
              "predict: {} does not answer questions; it has no use for --context", o.model);
  check_value(!o.writes,
              "predict: {} writes no texts; it has no use for --beams, --length-penalty and "
              "--max-new-tokens",
              o.model);
}

// A model that writes reads a question with its context as one source.
void predict_written(const PredictArguments& o) {
  check_value(o.second.empty(), "predict: {} reads one source; it has no use for --second",
              o.model);
  check_value(o.context.empty() || o.question,
              "predict: --context is for --question; {} reads a source as it stands", o.model);
  const bool labelled = o.data.ends_with(".json") || o.data.ends_with(".conll");
  check_value(!labelled, "predict: {} reads a source per line or a table, and {} is neither",
              o.model, o.data);
  const TextPredictor predictor(o.model, o.beams);
  const auto say = [&](const std::string& source) { print(predictor.source(source), o.json); };
  if (o.text || o.question) {
    say(o.text ? *o.text : question_in_context(*o.question, o.context));
  } else if (o.data.empty()) {
    for_each_typed_line(say);
  } else if (is_table(o.data)) {
    for (const std::string& source : read_sources(o.data)) say(source);
  } else {
    for_each_line(o.data, say);
  }
}

void predict_command(const PredictArguments& o) {
  if (is_encoder_decoder(model_type_of(o.model))) return predict_written(o);
  const Predictor predictor(o.model);
  check_fits(predictor, o);
  if (!o.data.empty()) return predict_file(predictor, o);
  if (!o.text && !o.question) {
    return for_each_typed_line(
        [&](const std::string& line) { print(predictor.line(line, o.context), o.json); });
  }
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
      "What a fine-tuned model says: labels, tags, answers or texts; reads lines from standard "
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
  add_beam_options(*command, o->beams,
                   "Of a text that is written (default: as many as its targets had at most)");
  command->add_flag("--json", o->json, "A JSON object per line");
  command->callback([o, command] {
    o->writes = command->count("--beams") + command->count("--length-penalty") +
                    command->count("--max-new-tokens") >
                0;
    predict_command(*o);
  });
}

}  // namespace gradus
