#include "nn/pretrained/llama.h"

#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/config_reader.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

// One spelling of one shape.
GPTConfig shortest(GPTConfig c) {
  const int64_t inner = c.block().inner();
  if (c.kv_heads == c.n_head) c.kv_heads = 0;
  c.n_inner = 0;
  if (c.block().inner() != inner) c.n_inner = inner;
  return c;
}

// The base of the angles, which stands in one of two places.
real rope_theta_in(const ConfigReader& reader, const json& object) {
  const char* nested[] = {"rope_scaling", "rope_parameters"};
  real theta = reader.number("rope_theta", 10000);
  for (const char* key : nested) {
    if (!reader.has(key)) continue;
    const ConfigReader inner(object[key], reader.file());
    inner.require("rope_type", std::string("default"));
    inner.require("type", std::string("default"));  // an older word for it
    theta = inner.number("rope_theta", theta);
  }
  return theta;
}

void fit_llama(GPT& model, const path& directory) {
  StoredWeights weights(directory, llama_layout(model.config));
  weights.read_into(model);
  weights.finish();
}

}  // namespace

WeightLayout llama_layout(const GPTConfig& config) {
  const BlockConfig block = config.block();
  const int64_t q = block.heads_width(), kv = block.num_kv_heads() * block.head_size();
  const std::string layer = "layers.*.", self = layer + "self_attn.", mlp = layer + "mlp.";
  WeightLayout layout{.table = {{"wte", {"embed_tokens"}},
                                {"h.*.ln_1", {layer + "input_layernorm"}},
                                {.ours = "h.*.attn.c_attn",
                                 .theirs = {self + "q_proj", self + "k_proj", self + "v_proj"},
                                 .rows = {q, kv, kv}},
                                {"h.*.attn.c_proj", {self + "o_proj"}},
                                {"h.*.ln_2", {layer + "post_attention_layernorm"}},
                                {"h.*.mlp.c_gate", {mlp + "gate_proj"}},
                                {"h.*.mlp.c_fc", {mlp + "up_proj"}},
                                {"h.*.mlp.c_proj", {mlp + "down_proj"}},
                                {"ln_f", {"norm"}},
                                {"lm_head", {"lm_head"}}},
                      .their_prefix = "model.",
                      .heads = {"lm_head."},
                      .ignored = {".rotary_emb.inv_freq"}};
  if (config.tie_weights) layout.ties = {{"lm_head.weight", "wte.weight"}};
  return layout;
}

json llama_config_to_json(const GPTConfig& c) {
  const bool mistral = c.window > 0;
  json object{{"architectures", {mistral ? "MistralForCausalLM" : "LlamaForCausalLM"}},
              {"model_type", mistral ? "mistral" : "llama"},
              {"vocab_size", c.vocab_size},
              {"max_position_embeddings", c.block_size},
              {"hidden_size", c.n_embd},
              {"intermediate_size", c.block().inner()},
              {"num_hidden_layers", c.n_layer},
              {"num_attention_heads", c.n_head},
              {"num_key_value_heads", c.block().num_kv_heads()},
              {"hidden_act", "silu"},
              {"rms_norm_eps", c.norm_eps},
              {"rope_theta", c.rope_theta},
              {"attention_bias", false},
              {"mlp_bias", false},
              {"attention_dropout", 0.0},
              {"initializer_range", c.init_std},
              {"tie_word_embeddings", c.tie_weights},
              {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"},
              {"gradus", {{"dropout", c.dropout}, {"document_token", c.document_token}}}};
  if (mistral) object["sliding_window"] = c.window;
  return object;
}

GPTConfig llama_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  const bool mistral = reader.is_second("model_type", "llama", "mistral");
  reader.require("hidden_act", std::string("silu"));
  reader.require("attention_bias", false);
  reader.require("mlp_bias", false);
  // What is absent is as in Hugging Face's LlamaConfig and MistralConfig; null stands for as many
  // key/value heads as heads, and for no window.
  GPTConfig c{
      .block_size = reader.integer("max_position_embeddings", mistral ? 131072 : 2048),
      .vocab_size = reader.integer("vocab_size"),
      .n_layer = reader.integer("num_hidden_layers"),
      .n_head = reader.integer("num_attention_heads"),
      .n_embd = reader.integer("hidden_size"),
      .kv_heads = reader.positive("num_key_value_heads", {.absent = mistral ? 8 : 0, .null = 0}),
      .n_inner = reader.positive("intermediate_size"),
      .window = mistral ? reader.positive("sliding_window", {.absent = 4096, .null = 0}) : 0,
      .bias = false,
      .tie_weights = reader.flag("tie_word_embeddings", false),
      .positions = Positions::rope,
      .rope_theta = rope_theta_in(reader, object),
      .norm = NormKind::rms,
      .activation = Activation::swiglu,
      .norm_eps = reader.number("rms_norm_eps", real(1e-6)),
      .init_std = reader.number("initializer_range", real(0.02))};
  if (object.contains("gradus")) {
    const ConfigReader own(object["gradus"], file);
    c.dropout = own.number("dropout", 0);
    if (own.integer("document_token", -1) != -1) c.document_token = own.token("document_token", 0);
  }
  reader.sound(c);
  reader.require("head_dim", c.n_embd / c.n_head);
  return shortest(c);
}

void save_llama(const GPT& model, const path& directory) {
  const json config = llama_config_to_json(model.config);
  check_value(llama_config_from_json(config, {}) == shortest(model.config),
              "save_llama: the model has switches that Llama and Mistral do not have");
  write_weights(model, llama_layout(model.config), directory);
  write_file_atomically(directory / "config.json", config.dump(2) + "\n");
}

GPTConfig load_llama_config(const path& directory) {
  const path file = directory / "config.json";
  return llama_config_from_json(read_json(file), file);
}

GPT load_llama(const path& directory) {
  const GPTConfig config = load_llama_config(directory);
  return load_fitted([&] { return GPT(config); }, [&](GPT& model) { fit_llama(model, directory); });
}

}  // namespace gradus
