#include "nn/pretrained/task_model.h"

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/config_reader.h"
#include "nn/pretrained/gpt2.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr int64_t most_labels = 1'000'000;

// A head's class at Hugging Face, the kind of task it stands for, and what `classifier` is called.
struct HeadName {
  const char* architecture;
  TaskKind kind;
  const char* problem_type;  // tells three uses of one class apart
  const char* classifier;
};
constexpr HeadName bert_heads[] = {
    {"BertForSequenceClassification", TaskKind::classification, "single_label_classification",
     "classifier"},
    {"BertForSequenceClassification", TaskKind::multi_label, "multi_label_classification",
     "classifier"},
    {"BertForSequenceClassification", TaskKind::regression, "regression", "classifier"},
    {"BertForTokenClassification", TaskKind::tagging, "", "classifier"},
    {"BertForQuestionAnswering", TaskKind::spans, "", "qa_outputs"}};
constexpr HeadName gpt_heads[] = {
    {"GPT2ForSequenceClassification", TaskKind::classification, "single_label_classification",
     "score"},
    {"GPT2ForSequenceClassification", TaskKind::multi_label, "multi_label_classification", "score"},
    {"GPT2ForSequenceClassification", TaskKind::regression, "regression", "score"}};

std::span<const HeadName> heads_of(const std::string& model_type) {
  return is_bert(model_type) ? std::span<const HeadName>(bert_heads)
                             : std::span<const HeadName>(gpt_heads);
}

const HeadName& head_of(bool of_bert, TaskKind kind) {
  for (const HeadName& head : heads_of(of_bert ? "bert" : "gpt2")) {
    if (head.kind == kind) return head;
  }
  throw ValueError("TaskModel: there is no such head");
}

json read_config(const path& directory) { return read_json(directory / "config.json"); }

std::string architecture_in(const json& object) {
  const bool named = object.is_object() && object.contains("architectures") &&
                     object["architectures"].is_array() && !object["architectures"].empty() &&
                     object["architectures"][0].is_string();
  return named ? object["architectures"][0].get<std::string>() : "";
}

// The head that a config describes, or none.
const HeadName* head_in(const json& object, const std::string& model_type) {
  const std::string architecture = architecture_in(object);
  json problem = object.value("problem_type", json());
  const json labels = object.value("id2label", json());
  if (problem.is_null() && labels.is_object() && labels.size() == 1) problem = "regression";
  const HeadName* first = nullptr;
  for (const HeadName& head : heads_of(model_type)) {
    if (architecture != head.architecture) continue;
    if (problem.is_string() && problem == head.problem_type) return &head;
    if (first == nullptr) first = &head;  // without a problem_type: one label per text
  }
  return first;
}

// id2label: {"0": "negative", "1": "positive"}, without holes.
std::vector<std::string> labels_in(const json& object, const path& file) {
  check<FileError>(object.contains("id2label") && object["id2label"].is_object(),
                   "{}: 'id2label' must be an object", file.string());
  const json& names = object["id2label"];
  std::vector<std::string> labels;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string key = std::to_string(i);
    check<FileError>(names.contains(key) && names[key].is_string(),
                     "{}: 'id2label' must name the label {}", file.string(), i);
    labels.push_back(names[key].get<std::string>());
  }
  check<FileError>(!labels.empty() && static_cast<int64_t>(labels.size()) <= most_labels,
                   "{}: 'id2label' has {} labels", file.string(), labels.size());
  return labels;
}

// The part of a config that is gradus's own.
json reading_to_json(const TaskReading& reading) {
  json object = json::object();
  if (reading.max_length) object["max_length"] = *reading.max_length;
  if (reading.doc_stride) object["doc_stride"] = *reading.doc_stride;
  if (reading.pairs) object["pairs"] = *reading.pairs;
  if (reading.null_threshold) object["null_threshold"] = *reading.null_threshold;
  return object;
}

// Gradus's own, too: Hugging Face reads one token. Its classes find no classifier in such a model.
constexpr const char* mean_classifier = "mean_classifier";

Pooling pooling_in(const json& object, const path& file) {
  if (!object.contains("gradus")) return Pooling::token;
  const ConfigReader own(object["gradus"], file);
  return own.is_second("pooling", name_of(Pooling::token), name_of(Pooling::mean)) ? Pooling::mean
                                                                                   : Pooling::token;
}

TaskReading reading_in(const json& object, const path& file) {
  TaskReading reading;
  if (!object.contains("gradus")) return reading;
  const ConfigReader own(object["gradus"], file);
  if (own.has("max_length")) reading.max_length = own.integer("max_length");
  if (own.has("doc_stride")) reading.doc_stride = own.integer("doc_stride");
  if (own.has("pairs")) reading.pairs = own.flag("pairs", false);
  if (own.has("null_threshold")) reading.null_threshold = own.number("null_threshold", 0);
  check<FileError>(reading.max_length.value_or(1) >= 1 && reading.doc_stride.value_or(1) >= 1,
                   "{}: max_length and doc_stride of 'gradus' must be at least 1", file.string());
  return reading;
}

WeightLayout layout_of(const TaskModel& model) {
  WeightLayout layout =
      model.bert ? bert_layout(model.bert->config) : gpt2_layout(model.gpt->config);
  const char* theirs = model.task.pooling == Pooling::mean
                           ? mean_classifier
                           : head_of(model.bert.has_value(), model.task.kind).classifier;
  layout.table.push_back({"classifier", {theirs}});
  layout.heads.push_back(fmt::format("{}.", theirs));
  layout.ties.clear();
  return layout;
}

// What another model has and this one has no place for.
const std::vector<std::string> other_heads{
    "cls.", "classifier.", "mean_classifier.", "pooler.", "qa_outputs.", "lm_head.", "score."};

BackboneConfig backbone_in(const json& object, const path& file) {
  const std::string type = ConfigReader(object, file).word("model_type", "");
  if (is_bert(type)) return bert_config_from_json(object, file);
  return gpt2_config_from_json(object, file);
}

}  // namespace

void save_task_model(const TaskModel& model, const path& directory) {
  const TaskConfig& task = model.task;
  const HeadName& head = head_of(model.bert.has_value(), task.kind);
  json object =
      model.bert ? bert_config_to_json(model.bert->config) : gpt2_config_to_json(model.gpt->config);
  object["architectures"] = {head.architecture};
  if (*head.problem_type != 0) object["problem_type"] = head.problem_type;
  object["classifier_dropout"] = task.dropout;
  json names = json::object(), ids = json::object();
  for (size_t i = 0; i < task.labels.size(); ++i) {
    names[std::to_string(i)] = task.labels[i];
    ids[task.labels[i]] = i;
  }
  if (task.kind == TaskKind::regression) names = {{"0", "score"}}, ids = {{"score", 0}};
  if (task.kind != TaskKind::spans) object["id2label"] = names, object["label2id"] = ids;
  // Hugging Face reads a GPT at the last token that is not this one; without it, at the last.
  if (model.gpt && model.gpt->config.document_token >= 0)
    object["pad_token_id"] = model.gpt->config.document_token;
  if (task.pooling == Pooling::mean) object["gradus"]["pooling"] = name_of(task.pooling);
  const json reading = reading_to_json(task.reading);
  if (!reading.empty()) object["gradus"].update(reading);
  write_weights(
      model, layout_of(model), directory,
      model.gpt ? gpt2_zero_biases(*model.gpt) : decltype(gpt2_zero_biases(*model.gpt))());
  write_file_atomically(directory / "config.json", object.dump(2) + "\n");
}

bool is_task_model(const path& directory) {
  const json object = read_config(directory);
  const std::string type =
      ConfigReader(object, directory / "config.json").word("model_type", "gpt2");
  return head_in(object, type) != nullptr;
}

TaskModel load_task_model(const path& directory) {
  const path file = directory / "config.json";
  const json object = read_config(directory);
  const ConfigReader reader(object, file);
  const HeadName* head = head_in(object, reader.word("model_type", "gpt2"));
  check<FileError>(head != nullptr,
                   "{}: this model has no head for a task; make one with gradus finetune",
                   directory.string());
  TaskConfig task{.kind = head->kind, .labels = {}, .dropout = real(0.1)};
  const bool labelled = task.kind != TaskKind::spans && task.kind != TaskKind::regression;
  if (labelled) task.labels = labels_in(object, file);
  const bool own_dropout = reader.has("classifier_dropout");  // null: as the encoder's
  task.dropout =
      reader.number(own_dropout ? "classifier_dropout" : "hidden_dropout_prob", real(0.1));
  task.reading = reading_in(object, file);
  task.pooling = pooling_in(object, file);
  check<FileError>(task.dropout >= 0 && task.dropout < 1,
                   "{}: classifier_dropout = {} must be in [0, 1)", file.string(), task.dropout);
  check<FileError>(task.pooling == Pooling::token || !task.reads_tokens(),
                   "{}: a mean of tokens under a head that reads each", file.string());
  const BackboneConfig backbone = backbone_in(object, file);
  const auto fit = [&](TaskModel& model) {
    StoredWeights weights(directory, layout_of(model));
    weights.read_into(model);
    if (model.gpt) check_zero_biases(*model.gpt, weights);
    weights.finish(model.pooler ? std::vector<std::string>{} : std::vector<std::string>{"pooler."});
  };
  {
    const MetaMode no_memory;  // a config that promises more than the file holds costs nothing
    TaskModel skeleton(backbone, task);
    fit(skeleton);
  }
  TaskModel model(backbone, task);
  fit(model);
  return model;
}

BackboneConfig load_backbone_config(const path& directory) {
  return backbone_in(read_config(directory), directory / "config.json");
}

void load_backbone_weights(TaskModel& model, const path& directory) {
  WeightLayout layout = layout_of(model);
  const auto fit = [&] {
    StoredWeights weights(directory, layout);
    weights.read_into(model, {.optional = {"pooler."}, .kept = {"classifier."}});
    if (model.gpt) check_zero_biases(*model.gpt, weights);
    weights.finish(other_heads);
  };
  {
    const MetaMode compare_only;
    fit();
  }
  fit();
}

}  // namespace gradus
