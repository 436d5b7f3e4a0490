#include "train/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "autograd/ops.h"
#include "data/bert_text.h"
#include "nn/pretrained/task_model.h"
#include "tensor/errors.h"
#include "train/finetune/forward.h"
#include "train/finetune/span_examples.h"
#include "train/finetune/tag_examples.h"
#include "train/finetune/task_data.h"
#include "train/finetune/text_examples.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

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

// The words and marks of a text, as it has them.
std::vector<std::string> words_and_marks(const std::string& text) {
  std::vector<std::string> words;
  for (const BertWord& word : bert_words(text)) {
    const size_t begin = word.sources.front().begin, end = word.sources.back().end;
    words.push_back(text.substr(begin, end - begin));
  }
  return words;
}

}  // namespace

Predictor::Predictor(const std::string& directory)
    : tokenizer_(Tokenizer::load(directory)), model_(load_task_model(directory)) {
  check_vocabulary(tokenizer_, model_.backbone(), directory);
}

int64_t Predictor::max_length() const {
  return std::min(reading().max_length.value_or(model_.block_size()), model_.block_size());
}

std::vector<Tensor> Predictor::logits(std::span<const Encoding> encodings) const {
  return Forward(model_, encodings, format_of(tokenizer_).pad).all();
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

Answered Predictor::line(const std::string& line, const std::string& context) const {
  if (kind() == TaskKind::tagging) {
    const std::vector<std::string> all = words_and_marks(line);
    check_value(!all.empty(), "predict: the text is empty");
    return words(all);
  }
  const bool whole = reads_texts() && !reading().pairs.value_or(true);
  const size_t tab = whole ? line.npos : line.find('\t');
  const std::string first = line.substr(0, tab);
  const std::string second = tab == line.npos ? "" : line.substr(tab + 1);
  check_value(first.find_first_not_of(" \t\r\n") != first.npos, "predict: the text is empty");
  if (kind() != TaskKind::spans) return text({.text = first, .second = second, .label = ""});
  const std::string& where = context.empty() ? second : context;
  check_value(!where.empty(),
              "predict: a question needs a context: give --context, or question TAB context");
  return question({.question = first, .context = where});
}

}  // namespace gradus
