#include "train/finetune/task_data.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "data/label_set.h"
#include "data/random_stream.h"
#include "data/stories/tasks.h"
#include "tensor/errors.h"
#include "train/finetune/span_examples.h"
#include "train/finetune/tag_examples.h"
#include "train/finetune/text_examples.h"

namespace gradus {
namespace {

struct BuiltinPart {
  uint64_t seed;
  int64_t count;
};
// Other seeds than those of the stories for pre-training.
BuiltinPart builtin_part(Part part) {
  if (part == Part::train) return {11, 5000};
  return part == Part::dev ? BuiltinPart{12, 1000} : BuiltinPart{13, 1000};
}

TaskData builtin_data_of(TaskName task, Part part) {
  const auto [seed, count] = builtin_part(part);
  TaskData data{.task = task, .source = builtin_task};
  if (task == TaskName::sentiment) data.rows = stories::sentiment(seed, count);
  if (task == TaskName::pairs) data.rows = stories::pairs(seed, count);
  if (task == TaskName::ner) data.rows = stories::entities(seed, count);
  if (task == TaskName::qa) data.rows = stories::questions(seed, count);
  return data;
}

void read_rows_of_texts(TaskData& data, const TextColumns& columns, TaskKind kind) {
  LabelledTexts texts = read_labelled_texts(data.source, columns);
  const bool wanted = data.task == TaskName::pairs;
  check<FileError>(texts.pairs == wanted, "{}: these are {}; use gradus finetune {}", data.source,
                   texts.pairs ? "pairs of texts" : "single texts",
                   texts.pairs ? "pairs" : "sentiment");
  if (kind == TaskKind::classification) leave_out_minus_ones(texts);
  if (!texts.header) {
    data.notes.push_back(
        "no header was recognised: the first row counts as an example; --text-column and "
        "--label-column name columns");
  }
  if (texts.unlabelled > 0)
    data.notes.push_back(fmt::format("{} pairs without a label were left out", texts.unlabelled));
  data.rows = std::move(texts.rows);
}

void read_questions(TaskData& data) {
  SpanQuestions read = read_squad(data.source);
  if (read.misplaced > 0) {
    data.notes.push_back(
        fmt::format("{} answers do not stand in their context where the file says, and {} "
                    "questions had no other: they were left out",
                    read.misplaced, read.unanswered));
  }
  data.rows = std::move(read.questions);
}

// What must not stand on both sides of a split: a row, or all questions about a context.
std::vector<std::vector<int64_t>> inseparable_rows(const TaskData& data) {
  std::vector<std::vector<int64_t>> groups;
  const auto* questions = std::get_if<std::vector<SpanQuestion>>(&data.rows);
  std::unordered_map<std::string_view, size_t> group_of;
  for (int64_t row = 0; row < data.size(); ++row) {
    size_t group = groups.size();
    if (questions != nullptr)
      group = group_of.emplace((*questions)[static_cast<size_t>(row)].context, group).first->second;
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(row);
  }
  return groups;
}

}  // namespace

int64_t TaskData::size() const {
  return std::visit([](const auto& all) { return static_cast<int64_t>(all.size()); }, rows);
}

TaskData TaskData::taken(std::span<const int64_t> chosen) const {
  TaskData result{.task = task, .source = source, .notes = notes};
  std::visit(
      [&](const auto& all) {
        std::remove_cvref_t<decltype(all)> some;
        for (const int64_t row : chosen) some.push_back(all[static_cast<size_t>(row)]);
        result.rows = std::move(some);
      },
      rows);
  return result;
}

TaskData TaskData::sample(int64_t count, uint64_t seed) const {
  if (count == 0 || count >= size()) return *this;
  std::vector<int64_t> order(static_cast<size_t>(size()));
  std::iota(order.begin(), order.end(), int64_t{0});
  RandomStream random(seed, "finetune/labels", 0, 0);
  shuffle(order, random);
  return taken(std::span(order).first(static_cast<size_t>(count)));
}

std::pair<TaskData, TaskData> TaskData::split(uint64_t seed) const {
  std::vector<std::vector<int64_t>> groups = inseparable_rows(*this);
  RandomStream random(seed, "finetune/split", 0, 0);
  shuffle(groups, random);
  const auto wanted = static_cast<size_t>(std::max<int64_t>(2, size() / 10));
  std::vector<int64_t> held_out, others;
  for (const std::vector<int64_t>& group : groups) {
    std::vector<int64_t>& side = held_out.size() < wanted ? held_out : others;
    side.insert(side.end(), group.begin(), group.end());
  }
  check_value(!others.empty(), "{}: {} examples are too few to hold out a tenth; give --dev",
              source, size());
  return {taken(held_out), taken(others)};
}

TaskData read_task_data(TaskName task, const std::string& source, Part part,
                        const TextColumns& columns, TaskKind kind) {
  if (source == builtin_task) return builtin_data_of(task, part);
  TaskData data{.task = task, .source = source};
  if (task == TaskName::ner) {
    data.rows = read_conll(source);
  } else if (task == TaskName::qa) {
    read_questions(data);
  } else {
    read_rows_of_texts(data, columns, kind);
  }
  return data;
}

TaskConfig task_of(const TaskData& train, TaskKind kind, real dropout) {
  if (train.task == TaskName::qa) {
    TaskConfig task{.kind = TaskKind::spans, .dropout = dropout};
    const auto& questions = std::get<std::vector<SpanQuestion>>(train.rows);
    const auto unanswerable = [](const SpanQuestion& q) { return q.answers.empty(); };
    if (std::ranges::any_of(questions, unanswerable)) task.reading.null_threshold = real(0);
    return task;
  }
  if (train.task == TaskName::ner) {
    const auto& sentences = std::get<std::vector<TaggedSentence>>(train.rows);
    return {TaskKind::tagging, tag_labels(sentences).names, dropout};
  }
  const auto& texts = std::get<std::vector<LabelledText>>(train.rows);
  if (kind == TaskKind::regression) return {.kind = kind, .dropout = dropout};
  const LabelSet labels = kind == TaskKind::multi_label ? multi_labels(texts) : class_labels(texts);
  check_value(kind == TaskKind::multi_label || labels.size() >= 2,
              "{}: all labels are '{}'; there is nothing to tell apart", train.source,
              labels.names.front());
  return {kind, labels.names, dropout};
}

std::optional<std::string> few_examples(const std::string& part, int64_t examples) {
  constexpr int64_t enough = 30;
  if (examples >= enough) return {};
  return fmt::format("{}: the figures are of {} examples only; fewer than {} say little", part,
                     examples, enough);
}

ReadingOptions reading_options(TaskName task, int64_t block_size, int64_t max_length,
                               int64_t doc_stride) {
  check_value(max_length <= block_size,
              "--max-length {} is more than the {} positions of the model", max_length, block_size);
  const int64_t usual = std::min<int64_t>(block_size, task == TaskName::qa ? 384 : 512);
  const int64_t length = max_length > 0 ? max_length : usual;
  const int64_t stride = doc_stride > 0 ? doc_stride : std::clamp<int64_t>(length / 3, 1, 128);
  return {.max_length = length, .doc_stride = stride};
}

SpanOptions span_options(const ReadingOptions& o) {
  return {.max_length = o.max_length,
          .doc_stride = o.doc_stride,
          .max_query = std::clamp<int64_t>(o.max_length / 2, 1, 64)};
}

void check_vocabulary(const Tokenizer& tokenizer, const BackboneConfig& model,
                      const std::string& directory) {
  const int64_t known = std::visit([](const auto& c) { return c.vocab_size; }, model);
  check_value(tokenizer.vocab_size() <= known, "{}: the tokenizer has {} tokens, the model {}",
              directory, tokenizer.vocab_size(), known);
}

std::unique_ptr<Examples> make_examples(const TaskData& data, const TaskConfig& task,
                                        const Tokenizer& tokenizer, const ReadingOptions& o) {
  if (const auto* questions = std::get_if<std::vector<SpanQuestion>>(&data.rows)) {
    const SpanDecoding decoding{.null_threshold = task.reading.null_threshold};
    return std::make_unique<SpanExamples>(*questions, tokenizer, span_options(o), decoding);
  }
  if (const auto* sentences = std::get_if<std::vector<TaggedSentence>>(&data.rows))
    return std::make_unique<TagExamples>(*sentences, task, tokenizer, o.max_length);
  return std::make_unique<TextExamples>(std::get<std::vector<LabelledText>>(data.rows),
                                        data.task == TaskName::pairs, task, tokenizer, o.max_length,
                                        data.source);
}

}  // namespace gradus
