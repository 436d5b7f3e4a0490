// gradus predict: what a fine-tuned model says of a text.

#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "autograd/ops.h"
#include "data/bert_text.h"
#include "data/file.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/commands.h"
#include "train/finetune/forward.h"
#include "train/finetune/span_examples.h"
#include "train/finetune/tag_examples.h"
#include "train/finetune/task_data.h"
#include "train/finetune/text_examples.h"
#include "train/signals.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

struct PredictArguments {
  std::string model, text, second, question, context, data;
  bool json = false;
};

// What a model says, for programs and for people.
struct Answered {
  ordered_json object;
  std::string line;
};

class Predictor {
 public:
  explicit Predictor(const std::string& directory)
      : tokenizer_(Tokenizer::load(directory)), model_(load_task_model(directory)) {
    check_vocabulary(tokenizer_, model_.backbone(), directory);
  }
  TaskKind kind() const { return model_.task.kind; }
  bool reads_texts() const { return kind() != TaskKind::tagging && kind() != TaskKind::spans; }
  const TaskReading& reading() const { return model_.task.reading; }

  Answered text(const LabelledText& row) const;
  Answered words(const std::vector<std::string>& words) const;
  Answered question(const SpanQuestion& question) const;
  /// A line of a file or of standard input: a text; a pair, or a question and its context unless
  /// there is one for all lines, with a tab between them. A model of single texts reads all of it.
  Answered line(const std::string& line, const std::string& context) const;

 private:
  int64_t max_length() const {
    return std::min(reading().max_length.value_or(model_.block_size()), model_.block_size());
  }
  std::vector<Tensor> logits(std::span<const Encoding> encodings) const {
    return Forward(model_, encodings, format_of(tokenizer_).pad).all();
  }

  Tokenizer tokenizer_;
  TaskModel model_;
};

void tell_shortened(const Encoding& encoding) {
  if (encoding.dropped == 0) return;
  std::fprintf(stderr, "note: the text is too long for the model; its last %lld tokens were cut\n",
               static_cast<long long>(encoding.dropped));
}

Answered number_answer(const LabelledText& row, const Tensor& logits) {
  const double value = static_cast<double>(logits.item());
  return {{{"text", row.text}, {"value", value}}, fmt::format("{:.4f}", value)};
}

// Each label with its probability, the most probable first.
Answered label_answer(const LabelledText& row, const Tensor& logits, const TaskConfig& task) {
  const bool several = task.kind == TaskKind::multi_label;
  const std::vector<real> p = (several ? sigmoid(logits) : softmax(logits, -1)).to_vector();
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return p[a] > p[b]; });
  ordered_json probabilities = ordered_json::object(), chosen = ordered_json::array();
  std::string line;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const std::string& label = task.labels[order[rank]];
    probabilities[label] = p[order[rank]];
    if (several && p[order[rank]] > real(0.5)) chosen.push_back(label);
    if (rank < 5) line += fmt::format("{}{} {:.3f}", rank == 0 ? "" : "  ", label, p[order[rank]]);
  }
  ordered_json object{{"text", row.text}};
  if (!row.second.empty()) object["second"] = row.second;
  if (several) object["labels"] = chosen;
  if (!several) object["label"] = task.labels[order[0]];
  object["probabilities"] = probabilities;
  return {object, line};
}

Answered Predictor::text(const LabelledText& row) const {
  const bool pair = reading().pairs.value_or(!row.second.empty());
  check_value(pair || row.second.empty(), "predict: the model reads single texts, not pairs");
  const std::vector<Encoding> one{encode_row(tokenizer_, row, pair, max_length())};
  tell_shortened(one[0]);
  const Tensor result = logits(one)[0];
  return kind() == TaskKind::regression ? number_answer(row, result)
                                        : label_answer(row, result, model_.task);
}

Answered Predictor::words(const std::vector<std::string>& all) const {
  const std::vector<TaggedEncoding> parts =
      encode_words(tokenizer_, all, {}, {.max_length = max_length()});
  std::vector<Encoding> encodings;
  for (const TaggedEncoding& part : parts) encodings.push_back(part.encoding);
  const std::vector<std::string> tags =
      read_tags(all.size(), parts, logits(encodings), model_.task.labels);
  std::string line;
  for (size_t i = 0; i < all.size(); ++i) {
    line += (i == 0 ? "" : " ") + all[i] + (tags[i] == "O" ? "" : "[" + tags[i] + "]");
  }
  return {{{"words", all}, {"tags", tags}}, line};
}

Answered Predictor::question(const SpanQuestion& question) const {
  const ReadingOptions o =
      reading_options(TaskName::qa, model_.block_size(), reading().max_length.value_or(0),
                      reading().doc_stride.value_or(0));
  const std::vector<SpanEncoding> windows = encode_question(tokenizer_, question, span_options(o));
  tell_shortened(windows[0].encoding);
  std::vector<Encoding> encodings;
  for (const SpanEncoding& window : windows) encodings.push_back(window.encoding);
  std::vector<SpanLogits> scores;
  for (const Tensor& one : logits(encodings)) scores.push_back(span_logits(one));
  const SpanPrediction best =
      best_span(question, windows, scores, {.null_threshold = reading().null_threshold});
  ordered_json object{{"question", question.question},
                      {"answer", best.text},
                      {"begin", best.source.begin},
                      {"end", best.source.end},
                      {"score", best.score}};
  if (!question.id.empty()) object["id"] = question.id;
  return {object, fmt::format("{}  (score {:.2f})", best.text.empty() ? "no answer" : best.text,
                              best.score)};
}

// The words and marks of a text, as it has them.
std::vector<std::string> words_and_marks(const std::string& text) {
  std::vector<std::string> words;
  for (const BertWord& word : bert_words(text)) {
    const size_t begin = word.sources.front().begin, end = word.sources.back().end;
    words.push_back(text.substr(begin, end - begin));
  }
  return words;
}

Answered Predictor::line(const std::string& line, const std::string& context) const {
  const bool whole = reads_texts() && !reading().pairs.value_or(true);
  const size_t tab = whole ? line.npos : line.find('\t');
  const std::string first = line.substr(0, tab);
  const std::string second = tab == line.npos ? "" : line.substr(tab + 1);
  check_value(first.find_first_not_of(" \t\r\n") != first.npos, "predict: the text is empty");
  if (kind() == TaskKind::tagging) return words(words_and_marks(line));
  if (kind() != TaskKind::spans) return text({.text = first, .second = second, .label = ""});
  const std::string& where = context.empty() ? second : context;
  check_value(!where.empty(),
              "predict: a question needs a context: give --context, or question TAB context");
  return question({.question = first, .context = where});
}

void print(const Answered& answer, bool json) {
  using handler = ordered_json::error_handler_t;
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

void predict_command(const PredictArguments& o) {
  const Predictor predictor(o.model);
  if (!o.data.empty()) return predict_file(predictor, o);
  const std::string& first = o.text.empty() ? o.question : o.text;
  if (first.empty()) return predict_lines(predictor, o);
  const bool pair = predictor.reads_texts() && !o.second.empty();
  print(pair ? predictor.text({.text = first, .second = o.second, .label = ""})
             : predictor.line(first, o.context),
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
