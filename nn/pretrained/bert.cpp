#include "nn/pretrained/bert.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/block_switches.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr const char* pre_training = "BertForPreTraining";
constexpr const char* masked_only = "BertForMaskedLM";
constexpr const char* own_bert = "gradus-bert";  // with settings that BERT does not know

void fit(BERTForPreTraining& model, const path& directory) {
  StoredWeights weights(directory, bert_layout(model.config()));
  weights.read_into(model);
  weights.finish(model.predicts_next_sentence()
                     ? std::vector<std::string>{}
                     : std::vector<std::string>{"pooler."});  // older masked models bring one
}

void fit_encoder(BERT& model, const path& directory) {
  WeightLayout layout = bert_layout(model.config);
  layout.ties.clear();  // of heads
  StoredWeights weights(directory, layout);
  weights.read_into(model);
  weights.finish({"pooler.", "cls.", "classifier.", "mean_classifier.", "qa_outputs."});
}

}  // namespace

bool is_bert(const std::string& model_type) {
  return model_type == "bert" || model_type == own_bert;
}

bool predicts_next_sentence(const path& directory) {
  return SafetensorsSet(directory).contains("cls.seq_relationship.weight");
}

WeightLayout bert_layout(const BERTConfig& config) {
  const BlockConfig block = config.block();
  const int64_t kv = block.num_kv_heads() * block.head_size();
  const std::string layer = "encoder.layer.*.", self = layer + "attention.self.";
  WeightLayout layout{.table = {{"wte", {"embeddings.word_embeddings"}},
                                {"wpe", {"embeddings.position_embeddings"}},
                                {"wtt", {"embeddings.token_type_embeddings"}},
                                {"ln_e", {"embeddings.LayerNorm"}},
                                {"h.*.attn.c_attn",
                                 {self + "query", self + "key", self + "value"},
                                 false,
                                 {config.n_embd, kv, kv}},
                                {"h.*.attn.c_proj", {layer + "attention.output.dense"}},
                                {"h.*.ln_1", {layer + "attention.output.LayerNorm"}},
                                {"h.*.mlp.c_fc", {layer + "intermediate.dense"}},
                                {"h.*.mlp.c_proj", {layer + "output.dense"}},
                                {"h.*.ln_2", {layer + "output.LayerNorm"}},
                                {"pooler.dense", {"pooler.dense"}},
                                {"mlm.dense", {"cls.predictions.transform.dense"}},
                                {"mlm.ln", {"cls.predictions.transform.LayerNorm"}},
                                {"mlm", {"cls.predictions"}},  // its bias
                                {"nsp", {"cls.seq_relationship"}}},
                      .our_prefix = "bert.",
                      .their_prefix = "bert.",
                      .heads = {"cls."},
                      .ignored = {"position_ids"}};
  for (const char* own : {"relative_bias", "h.*.attn.q_norm", "h.*.attn.k_norm", "h.*.mlp.c_gate",
                          "ln_f"}) {  // that BERT itself has not
    layout.table.push_back({own, {own}});
  }
  layout.ties = {{"cls.predictions.decoder.weight", "bert.wte.weight"},
                 {"cls.predictions.decoder.bias", "mlm.bias"}};
  return layout;
}

namespace {

// Whether BERT itself has all of these settings. A model that has others is not called bert.
bool is_plain_bert(const BERTConfig& c) {
  const BERTConfig bert;
  return c.norm == bert.norm && c.placement == bert.placement && c.positions == bert.positions &&
         !is_gated(c.activation) && c.block().num_kv_heads() == c.n_head && c.window == 0 &&
         c.bias && !c.qk_norm;
}

}  // namespace

json bert_config_to_json(const BERTConfig& c) {
  json object{{"model_type", is_plain_bert(c) ? "bert" : own_bert},
              {"vocab_size", c.vocab_size},
              {"hidden_size", c.n_embd},
              {"num_hidden_layers", c.n_layer},
              {"num_attention_heads", c.n_head},
              {"intermediate_size", c.block().inner()},
              {"hidden_act", name_of(c.activation)},
              {"hidden_dropout_prob", c.dropout},
              {"attention_probs_dropout_prob", 0.0},
              {"max_position_embeddings", c.block_size},
              {"type_vocab_size", c.n_type},
              {"layer_norm_eps", c.norm_eps},
              {"initializer_range", c.init_std},
              {"pad_token_id", c.pad_token},
              {"position_embedding_type", "absolute"},
              {"tie_word_embeddings", true},
              {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"}};
  if (is_plain_bert(c)) return object;
  object["gradus"] = block_switches_to_json(c);
  return object;
}

BERTConfig bert_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  const std::string type = reader.word("model_type", "bert");
  check<FileError>(is_bert(type), "{}: model_type '{}' is not bert", file.string(), type);
  reader.require("position_embedding_type", std::string("absolute"));
  reader.require("is_decoder", false);
  reader.require("add_cross_attention", false);
  reader.require("tie_word_embeddings", true);
  BERTConfig c{.block_size = reader.integer("max_position_embeddings"),
               .vocab_size = reader.integer("vocab_size"),
               .n_layer = reader.integer("num_hidden_layers"),
               .n_head = reader.integer("num_attention_heads"),
               .n_embd = reader.integer("hidden_size"),
               .n_inner = reader.positive("intermediate_size"),
               .n_type = reader.integer("type_vocab_size", 2),
               .dropout = reader.number("hidden_dropout_prob", real(0.1)),
               .activation = reader.activation("hidden_act", "gelu"),
               .norm_eps = reader.number("layer_norm_eps", real(1e-12)),
               .init_std = reader.number("initializer_range", real(0.02))};
  const int64_t pad = reader.integer("pad_token_id", 0);
  check<FileError>(pad >= 0 && pad < c.vocab_size,
                   "{}: pad_token_id {} must be below vocab_size {}", file.string(), pad,
                   c.vocab_size);
  c.pad_token = static_cast<int32_t>(pad);
  if (object.contains("gradus")) read_block_switches(ConfigReader(object["gradus"], file), c);
  const int64_t width = std::exchange(c.n_inner, 0);
  if (width != c.block().inner()) c.n_inner = width;  // one spelling of one shape
  return reader.sound(c);
}

void save_bert(const BERTForPreTraining& model, const path& directory) {
  write_weights(model, bert_layout(model.config()), directory);
  save_bert_config(model.config(), model.predicts_next_sentence(), directory);
}

void save_bert_config(const BERTConfig& config, bool next_sentence, const path& directory) {
  json object = bert_config_to_json(config);
  object["architectures"] = {next_sentence ? pre_training : masked_only};
  write_file_atomically(directory / "config.json", object.dump(2) + "\n");
}

BERTConfig load_bert_config(const path& directory) {
  const path file = directory / "config.json";
  return bert_config_from_json(read_json(file), file);
}

BERTForPreTraining load_bert(const path& directory) {
  const BERTConfig config = load_bert_config(directory);
  const bool next_sentence = predicts_next_sentence(directory);
  return load_fitted([&] { return BERTForPreTraining(config, next_sentence); },
                     [&](BERTForPreTraining& model) { fit(model, directory); });
}

void load_bert_weights(BERTForPreTraining& model, const path& directory) {
  refit(model, [&](BERTForPreTraining& m) { fit(m, directory); });
}

BERT load_bert_encoder(const path& directory) {
  const BERTConfig config = load_bert_config(directory);
  return load_fitted([&] { return BERT(config); },
                     [&](BERT& model) { fit_encoder(model, directory); });
}

std::string model_type_of(const path& directory) {
  const path file = directory / "config.json";
  const json object = read_json(file);
  const std::string type = ConfigReader(object, file).word("model_type", "gpt2");
  return is_bert(type) ? "bert" : type;
}

}  // namespace gradus
