// BERT on disk: what gradus writes it reads back bit for bit, under Hugging Face's names, and what
// Hugging Face wrote it reads too.

#include "nn/pretrained/bert.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/bpe_train.h"
#include "data/encoding.h"
#include "data/json.h"
#include "data/safetensors.h"
#include "nn/pretrained/task_model.h"
#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

BERTConfig tiny_bert() {
  return {.block_size = 6,
          .vocab_size = 9,
          .n_layer = 2,
          .n_head = 2,
          .n_embd = 4,
          .n_inner = 6,
          .dropout = real(0.25)};
}

template <class Model>
void randomise(Model& model) {
  uint64_t counter = 0;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {29, counter++}));
  }
}

void check_same(const Module& a, const Module& b) {
  const auto x = a.named_parameters(), y = b.named_parameters();
  REQUIRE(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) {
    CHECK(x[i].name == y[i].name);
    CHECK(bit_difference(x[i].tensor, y[i].tensor) == "");
  }
}

std::map<std::string, Tensor> stored_tensors(const std::filesystem::path& folder) {
  const SafetensorsFile file(folder / "model.safetensors");
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : file.names()) tensors[name] = file.tensor(name);
  return tensors;
}

void store(const std::filesystem::path& folder, const std::map<std::string, Tensor>& tensors) {
  SafetensorsContents contents{.tensors = {tensors.begin(), tensors.end()}};
  if (in_double) contents.type = StoredType::F64;
  write_safetensors(folder / "model.safetensors", contents);
}

}  // namespace

TEST_CASE("save and load: every bit of a BERT comes back, with and without next sentences") {
  for (const bool next_sentence : {true, false}) {
    const TemporaryFolder folder;
    BERTForPreTraining model(tiny_bert(), next_sentence);
    randomise(model);
    save_bert(model, folder.path());
    const BERTForPreTraining loaded = load_bert(folder.path());
    CHECK(loaded.config() == tiny_bert());
    CHECK(loaded.predicts_next_sentence() == next_sentence);
    check_same(loaded, model);
    const json config = read_json(folder.path() / "config.json");
    CHECK(config.at("architectures")[0] ==
          (next_sentence ? "BertForPreTraining" : "BertForMaskedLM"));
  }
}

TEST_CASE("the layout is Hugging Face's: q, k and v apart, no tied decoder, the prefix bert.") {
  const TemporaryFolder folder;
  BERTForPreTraining model(tiny_bert(), true);
  randomise(model);
  save_bert(model, folder.path());
  const std::map<std::string, Tensor> tensors = stored_tensors(folder.path());
  CHECK(tensors.size() == 5 + 2 * 16 + 2 + 5 + 2);
  CHECK_FALSE(tensors.contains("cls.predictions.decoder.weight"));
  const std::string layer = "bert.encoder.layer.1.";
  const Tensor c_attn = model.find("bert.h.1.attn.c_attn.weight");
  int64_t row = 0;
  for (const char* name : {"query", "key", "value"}) {
    const Tensor part = tensors.at(layer + "attention.self." + name + ".weight");
    CHECK(bit_difference(part, c_attn.narrow(0, row, 4)) == "");
    row += 4;
  }
  CHECK(tensors.at(layer + "intermediate.dense.weight").shape() == Shape{6, 4});
  CHECK(bit_difference(tensors.at(layer + "attention.output.LayerNorm.bias"),
                       model.find("bert.h.1.ln_1.bias")) == "");
  CHECK(bit_difference(tensors.at(layer + "output.LayerNorm.bias"),
                       model.find("bert.h.1.ln_2.bias")) == "");
  CHECK(bit_difference(tensors.at("cls.predictions.bias"), model.find("mlm.bias")) == "");
  CHECK(bit_difference(tensors.at("cls.seq_relationship.weight"), model.find("nsp.weight")) == "");
  CHECK(bit_difference(tensors.at("bert.pooler.dense.weight"), model.find("pooler.dense.weight")) ==
        "");
}

TEST_CASE("old names, tied copies and position ids of other files are read") {
  const TemporaryFolder folder;
  BERTForPreTraining model(tiny_bert(), true);
  randomise(model);
  save_bert(model, folder.path());
  std::map<std::string, Tensor> tensors = stored_tensors(folder.path()), old;
  for (const auto& [name, x] : tensors) {
    std::string changed = name;
    const size_t norm = changed.find("LayerNorm.");
    if (norm != std::string::npos)
      changed = changed.substr(0, norm) +
                (name.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
    old[changed] = x;
  }
  old["cls.predictions.decoder.weight"] = model.bert.wte.weight->clone();
  old["cls.predictions.decoder.bias"] = model.mlm.bias->clone();
  old["bert.embeddings.position_ids"] = zeros({1, 6});
  store(folder.path(), old);
  check_same(load_bert(folder.path()), model);

  old["cls.predictions.decoder.weight"] = ones({9, 4});
  store(folder.path(), old);
  CHECK(contains(message_of<FileError>([&] { load_bert(folder.path()); }),
                 "cls.predictions.decoder.weight differs from bert.wte.weight, to which it is "
                 "tied"));
}

TEST_CASE("everything that does not fit is told at once, under the file's names") {
  const TemporaryFolder folder;
  save_bert(BERTForPreTraining(tiny_bert(), true), folder.path());
  std::map<std::string, Tensor> tensors = stored_tensors(folder.path());
  tensors.erase("bert.encoder.layer.0.attention.self.key.weight");
  tensors["bert.encoder.layer.1.output.dense.weight"] = ones({6, 4});
  tensors["bert.encoder.layer.2.output.dense.bias"] = ones({4});
  store(folder.path(), tensors);
  const std::string sentence = message_of<FileError>([&] { load_bert(folder.path()); });
  CHECK(contains(sentence, "missing encoder.layer.0.attention.self.key.weight"));
  CHECK(
      contains(sentence, "encoder.layer.1.output.dense.weight has shape (6, 4), expected (4, 6)"));
  CHECK(contains(sentence, "unexpected encoder.layer.2.output.dense.bias"));
}

TEST_CASE("every task head comes back from its folder, labels and bits") {
  const std::pair<TaskConfig, const char*> heads[] = {
      {{.labels = {"bad", "good"}}, "BertForSequenceClassification"},
      {{.kind = TaskKind::multi_label, .labels = {"a", "b", "c"}}, "BertForSequenceClassification"},
      {{.kind = TaskKind::regression}, "BertForSequenceClassification"},
      {{.kind = TaskKind::tagging, .labels = {"O", "B-PER", "I-PER"}},
       "BertForTokenClassification"},
      {{.kind = TaskKind::spans}, "BertForQuestionAnswering"},
      {{.labels = {"no", "yes"}, .reading = {.max_length = 5, .pairs = true}},
       "BertForSequenceClassification"},
      {{.labels = {"no", "yes"}, .pooling = Pooling::mean}, "BertForSequenceClassification"},
      {{.kind = TaskKind::spans,
        .reading = {.max_length = 6, .doc_stride = 2, .null_threshold = real(0)}},
       "BertForQuestionAnswering"}};
  for (const auto& [task, architecture] : heads) {
    const TemporaryFolder folder;
    TaskModel model(tiny_bert(), task);
    randomise(model);
    save_task_model(model, folder.path());
    CHECK(is_task_model(folder.path()));
    CHECK(read_json(folder.path() / "config.json").at("architectures")[0] == architecture);
    const TaskModel loaded = load_task_model(folder.path());
    CHECK(loaded.task == task);
    check_same(loaded, model);
  }
}

TEST_CASE(
    "a single label without problem_type is a number, and no classifier_dropout the encoder's") {
  const TemporaryFolder folder;
  save_task_model(TaskModel(tiny_bert(), {.kind = TaskKind::regression}), folder.path());
  json config = read_json(folder.path() / "config.json");
  config.erase("problem_type");
  config["id2label"] = {{"0", "LABEL_0"}};
  config["classifier_dropout"] = nullptr;
  folder.file("config.json", config.dump());
  const TaskModel loaded = load_task_model(folder.path());
  CHECK(loaded.task.kind == TaskKind::regression);
  CHECK(loaded.task.dropout == real(0.25));
}

TEST_CASE("a GPT under a head is GPT2ForSequenceClassification, also without biases") {
  for (const bool bias : {true, false}) {
    const TemporaryFolder folder;
    const GPTConfig config{
        .block_size = 6, .vocab_size = 9, .n_layer = 1, .n_head = 2, .n_embd = 4, .bias = bias};
    TaskModel model(config, {.labels = {"bad", "good"}});
    randomise(model);
    save_task_model(model, folder.path());
    CHECK(stored_tensors(folder.path()).contains("score.weight"));
    CHECK(stored_tensors(folder.path()).contains("transformer.h.0.ln_1.bias"));
    check_same(load_task_model(folder.path()), model);
  }
}

// GPT2ForSequenceClassification reads each row here: at the last id that is not pad_token_id.
std::vector<int32_t> positions_of_hugging_face(const Tokens& ids, int32_t pad_token_id) {
  const int64_t B = ids.dim(0), T = ids.dim(1);
  std::vector<int32_t> positions;
  for (int64_t b = 0; b < B; ++b) {
    int64_t last = 0;
    for (int64_t t = 0; t < T; ++t) {
      if (ids.data()[b * T + t] != pad_token_id) last = t;
    }
    positions.push_back(static_cast<int32_t>(b * T + last));
  }
  return positions;
}

TEST_CASE("a GPT is read at the last token that is not the pad_token_id of its config.json") {
  const Tokenizer tokenizer(train_bpe("the cat the cat", 262));
  const TemporaryFolder folder;
  GPTConfig config{.block_size = 16,
                   .vocab_size = tokenizer.vocab_size(),
                   .n_layer = 1,
                   .n_head = 2,
                   .n_embd = 4};
  config.document_token = *tokenizer.end_of_text_id();
  save_task_model(TaskModel(config, {.labels = {"bad", "good"}}), folder.path());
  const int32_t pad_id = read_json(folder.path() / "config.json").at("pad_token_id");
  CHECK(pad_id == format_of(tokenizer).pad);
  const EncodedBatch batch = pad(
      std::vector{encode(tokenizer, "the cat sat"), encode(tokenizer, "the"), encode(tokenizer, ""),
                  encode_pair(tokenizer, "the", "cat"), encode_pair(tokenizer, "the", "")},
      format_of(tokenizer).pad);
  const Tokens read = last_positions(batch.ids.shape, batch.key_mask);
  CHECK(std::ranges::equal(read.ids, positions_of_hugging_face(batch.ids, pad_id)));
}

TEST_CASE("a head on the mean of a GPT comes back, under a name that Hugging Face does not read") {
  const TemporaryFolder folder;
  const GPTConfig config{.block_size = 8, .vocab_size = 11, .n_layer = 1, .n_head = 2, .n_embd = 8};
  TaskModel model(config, {.labels = {"a", "b"}, .pooling = Pooling::mean});
  randomise(model);
  save_task_model(model, folder.path());
  const SafetensorsFile file(folder.path() / "model.safetensors");
  CHECK(file.contains("mean_classifier.weight"));
  CHECK_FALSE(file.contains("score.weight"));
  const TaskModel loaded = load_task_model(folder.path());
  CHECK(loaded.task == model.task);
  check_same(loaded, model);
  json object = read_json(folder.path() / "config.json");
  object["gradus"]["pooling"] = "max";
  folder.file("config.json", object.dump());
  CHECK(contains(message_of<FileError>([&] { load_task_model(folder.path()); }),
                 "unknown pooling 'max'"));
}

TEST_CASE("a GPT without an end of text has no pad_token_id: no token of it is padding") {
  const TemporaryFolder folder;
  const GPTConfig config{.block_size = 6, .vocab_size = 9, .n_layer = 1, .n_head = 2, .n_embd = 4};
  save_task_model(TaskModel(config, {.labels = {"bad", "good"}}), folder.path());
  CHECK_FALSE(read_json(folder.path() / "config.json").contains("pad_token_id"));
}

TEST_CASE("a head begins on the weights of a pre-trained model, pooler included") {
  const TemporaryFolder folder;
  BERTForPreTraining pretrained(tiny_bert(), true);
  randomise(pretrained);
  save_bert(pretrained, folder.path());
  CHECK_FALSE(is_task_model(folder.path()));
  TaskModel model(load_backbone_config(folder.path()), {.labels = {"bad", "good"}});
  const Tensor head = model.classifier->weight->clone();
  load_backbone_weights(model, folder.path());
  check_same(*model.bert, pretrained.bert);
  check_same(*model.pooler, *pretrained.pooler);
  CHECK(bit_difference(model.classifier->weight, head) == "");
  check_same(load_bert_encoder(folder.path()), pretrained.bert);
  CHECK(contains(message_of<FileError>([&] { load_task_model(folder.path()); }),
                 "this model has no head for a task"));
}

TEST_CASE("a BERT config that gradus cannot follow is refused by name") {
  const auto error = [](const char* key, const json& value) {
    const TemporaryFolder folder;
    save_bert_config(tiny_bert(), true, folder.path());
    json config = read_json(folder.path() / "config.json");
    config[key] = value;
    folder.file("config.json", config.dump());
    return message_of<FileError>([&] { load_bert_config(folder.path()); });
  };
  CHECK(contains(error("position_embedding_type", "relative_key"),
                 "position_embedding_type 'relative_key' is not supported"));
  CHECK(contains(error("is_decoder", true), "is_decoder = true is not supported"));
  CHECK(contains(error("hidden_act", "mish"), "unknown hidden_act 'mish'"));
  CHECK(contains(error("num_attention_heads", 3), "n_head = 3 must divide n_embd = 4"));
  CHECK(contains(error("pad_token_id", 9), "pad_token_id 9 must be below vocab_size 9"));
  CHECK(contains(error("intermediate_size", 0), "intermediate_size = 0 must be at least 1"));
  CHECK(contains(error("layer_norm_eps", 0), "norm_eps = 0 must be positive and finite"));
}

TEST_CASE("Hugging Face's tiny BERT: hidden states agree to 1e-5") {
  const auto folder = shared_path("conformance/tiny_bert");
  if (!folder) return;
  const BERT model = load_bert_encoder(*folder);
  const EvalMode evaluation;
  const json reference = read_json(*folder / "tiny_bert_reference.json");
  CHECK(reference.at("cases").size() == 2);
  for (const json& recorded : reference.at("cases")) {
    const std::vector<int32_t> ids = recorded.at("input_ids"),
                               types = recorded.at("token_type_ids");
    const std::vector<real> mask = recorded.at("attention_mask");
    const int64_t T = static_cast<int64_t>(ids.size());
    std::vector<real> values;
    for (const json& row : recorded.at("last_hidden_state")) {
      for (const json& value : row) values.push_back(value.get<real>());
    }
    const Tensor expected = from_data({1, T, static_cast<int64_t>(values.size()) / T}, values);
    const Tensor x =
        model.hidden(Tokens({1, T}, ids), Tokens({1, T}, types), from_data({1, T}, mask));
    CHECK(difference(x, expected, real(1e-5)) == "");
  }
}
