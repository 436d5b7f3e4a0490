// Ten steps of fine-tuning follow PyTorch (tests/golden/record_finetune.py made the files): the
// same weights, examples, schedule, layer-wise rates and clipping give the same losses.

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data/safetensors.h"
#include "nn/pretrained/task_model.h"
#include "tests/train/finetune_support.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

const std::string golden = std::string(GRADUS_SOURCE_DIR) + "/tests/golden/bert";

// The id of w9 is 9.
Tokenizer numbered_words() {
  std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]"};
  for (int id = 4; id < 29; ++id) tokens.push_back("w" + std::to_string(id));
  return Tokenizer(WordPieceTokenizer({.tokens = tokens}));
}

TaskModel model_for(const TaskConfig& task, const std::string& run) {
  TaskModel model(load_backbone_config(golden), task);
  load_backbone_weights(model, golden);
  const SafetensorsFile heads(golden + "/heads.safetensors");
  for (NamedTensor& p : model.classifier->named_parameters()) {
    p.tensor.copy_(heads.tensor(run + "." + p.name));
  }
  return model;
}

void check_losses(const json& recorded, const std::string& run, const TaskConfig& task,
                  const Examples& examples) {
  TaskModel model = model_for(task, run);
  const json& losses = recorded.at(run).at("losses");
  const FineTuneOptions options{.epochs = 0,
                                .min_steps = static_cast<int64_t>(losses.size()),
                                .batch_size = examples.size(),
                                .lr = recorded.at("lr").get<real>(),
                                .warmup = recorded.at("warmup").get<real>(),
                                .weight_decay = recorded.at("weight_decay").get<real>(),
                                .clip = recorded.at("clip").get<real>(),
                                .layer_decay = recorded.at("layer_decay").get<real>(),
                                .evaluations = 1};
  size_t seen = 0;
  fine_tune(model, examples, examples, options, [&](const FineTuneStep& now) {
    CAPTURE(now.step);
    const double recorded_loss = losses.at(seen++).get<double>();
    CHECK(std::abs(now.loss - recorded_loss) < 1e-5 * recorded_loss);
  });
  CHECK(seen == 10);
}

}  // namespace

TEST_CASE("ten steps of fine-tuning follow PyTorch: losses within 1e-5 on pairs, tags and spans") {
  std::ifstream file(golden + "/finetune.json");
  const json recorded = json::parse(file);
  const Tokenizer tokenizer = numbered_words();
  const std::vector<std::string> three{"0", "1", "2"};
  SUBCASE("pairs of texts") {
    std::vector<LabelledText> texts;
    for (const json& e : recorded.at("pairs").at("examples")) {
      texts.push_back({.text = e.at("text"), .second = e.at("second"), .label = e.at("label")});
    }
    const TaskConfig task = task_without_dropout(TaskKind::classification, three);
    check_losses(recorded, "pairs", task, TextExamples(texts, true, task, tokenizer, 8, "golden"));
  }
  SUBCASE("tags of words") {
    std::vector<TaggedSentence> sentences;
    for (const json& e : recorded.at("tags").at("examples")) {
      sentences.push_back({.words = e.at("words"), .tags = e.at("tags")});
    }
    const TaskConfig task = task_without_dropout(TaskKind::tagging, three);
    check_losses(recorded, "tags", task, TagExamples(sentences, task, tokenizer, 8));
  }
  SUBCASE("spans of a context") {
    std::vector<SpanQuestion> questions;
    for (const json& e : recorded.at("spans").at("examples")) {
      questions.push_back({.id = std::to_string(questions.size()),
                           .question = e.at("question"),
                           .context = e.at("context"),
                           .answers = {{.text = e.at("answer"), .begin = e.at("start")}}});
    }
    check_losses(recorded, "spans", task_without_dropout(TaskKind::spans),
                 SpanExamples(questions, tokenizer, {.max_length = 8}, {}));
  }
}
