#include "nn/pretrained/gpt2.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/block_switches.h"
#include "nn/pretrained/stored_weights.h"
#include "tensor/creation.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

bool all_zero(const Tensor& x) {
  return std::all_of(x.data(), x.data() + x.numel(), [](real v) { return v == 0; });
}

// Whether GPT-2 itself has all of these settings. A model that has others is not called gpt2.
bool is_plain_gpt2(const GPTConfig& c) {
  const BlockConfig b = c.block();
  return c.norm == NormKind::layer && c.placement == Placement::pre && !is_gated(c.activation) &&
         c.positions == Positions::learned && b.num_kv_heads() == c.n_head && c.window == 0 &&
         !c.qk_norm;
}

}  // namespace

json gpt2_config_to_json(const GPTConfig& c) {
  json object{{"architectures", {"GPT2LMHeadModel"}},
              {"model_type", is_plain_gpt2(c) ? "gpt2" : "gradus-gpt"},
              {"vocab_size", c.vocab_size},
              {"n_positions", c.block_size},
              {"n_ctx", c.block_size},
              {"n_embd", c.n_embd},
              {"n_layer", c.n_layer},
              {"n_head", c.n_head},
              {"n_inner", c.n_inner == 0 ? json() : json(c.n_inner)},
              {"activation_function", name_of(c.activation)},
              {"embd_pdrop", c.dropout},
              {"resid_pdrop", c.dropout},
              {"attn_pdrop", 0.0},
              {"layer_norm_epsilon", c.norm_eps},
              {"initializer_range", c.init_std},
              {"tie_word_embeddings", c.tie_weights},
              {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"}};
  object["gradus"] = block_switches_to_json(c);
  object["gradus"]["document_token"] = c.document_token;
  return object;
}

GPTConfig gpt2_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  const std::string type = reader.word("model_type", "gpt2");
  check<FileError>(type == "gpt2" || type == "gradus-gpt", "{}: model_type '{}' is not gpt2",
                   file.string(), type);
  reader.require("scale_attn_weights", true);
  reader.require("scale_attn_by_inverse_layer_idx", false);
  reader.require("add_cross_attention", false);
  GPTConfig c{.block_size = reader.integer("n_positions"),
              .vocab_size = reader.integer("vocab_size"),
              .n_layer = reader.integer("n_layer"),
              .n_head = reader.integer("n_head"),
              .n_embd = reader.integer("n_embd"),
              .n_inner = reader.positive("n_inner", {.absent = 0, .null = 0}),
              .dropout = reader.number("resid_pdrop", real(0.1)),
              .tie_weights = reader.flag("tie_word_embeddings", true),
              .norm_eps = reader.number("layer_norm_epsilon", real(1e-5)),
              .init_std = reader.number("initializer_range", real(0.02))};
  c.activation = reader.activation("activation_function", "gelu_new");
  if (object.contains("gradus")) {
    const ConfigReader own(object["gradus"], file);
    read_block_switches(own, c);
    const int64_t token = own.integer("document_token", -1);
    check<FileError>(token >= -1 && token < c.vocab_size,
                     "{}: document_token {} must be -1 or below vocab_size {}", file.string(),
                     token, c.vocab_size);
    c.document_token = static_cast<int32_t>(token);
  }
  return reader.sound(c);
}

// Hugging Face's names, which are ours but for the prefix. Their Conv1D keeps weights as (in, out).
WeightLayout gpt2_layout(const GPTConfig& config) {
  WeightLayout layout{.table = {},
                      .our_prefix = "gpt.",
                      .their_prefix = "transformer.",
                      .heads = {"lm_head."},
                      .ignored = {".attn.bias", ".attn.masked_bias"}};  // buffers of old versions
  for (const char* same : {"wte", "wpe", "relative_bias", "h.*.ln_1", "h.*.ln_2", "h.*.attn.q_norm",
                           "h.*.attn.k_norm", "ln_f", "lm_head"}) {
    layout.table.push_back({same, {same}});
  }
  for (const char* conv1d :
       {"h.*.attn.c_attn", "h.*.attn.c_proj", "h.*.mlp.c_gate", "h.*.mlp.c_fc", "h.*.mlp.c_proj"}) {
    layout.table.push_back({conv1d, {conv1d}, true});
  }
  if (config.tie_weights) layout.ties = {{"lm_head.weight", "wte.weight"}};
  return layout;
}

std::vector<std::pair<std::string, Tensor>> gpt2_zero_biases(const GPT& model) {
  std::vector<std::pair<std::string, Tensor>> zero_biases;
  if (model.config.bias) return zero_biases;
  for (const NamedTensor& p : model.named_parameters()) {
    const bool has_bias_there = p.name.starts_with("ln_f.") || p.name.find(".ln_") != p.name.npos ||
                                p.name.find(".c_") != p.name.npos;
    if (!has_bias_there || !p.name.ends_with(".weight")) continue;
    const std::string base = p.name.substr(0, p.name.size() - std::string_view("weight").size());
    zero_biases.emplace_back(base + "bias", zeros({p.tensor.dim(0)}));
  }
  return zero_biases;
}

void check_zero_biases(const GPT& model, StoredWeights& weights) {
  for (const auto& [name, zero] : gpt2_zero_biases(model)) {
    if (!weights.holds(name)) continue;
    const Tensor x = weights.take(name, zero.shape());
    if (x.defined() && !all_zero(x)) weights.note(name + " is not zero in a model without biases");
  }
}

void save_gpt2(const GPT& model, const path& directory) {
  write_weights(model, gpt2_layout(model.config), directory, gpt2_zero_biases(model));
  save_gpt2_config(model.config, directory);
}

void save_gpt2_config(const GPTConfig& config, const path& directory) {
  write_file_atomically(directory / "config.json", gpt2_config_to_json(config).dump(2) + "\n");
}

GPTConfig load_gpt2_config(const path& directory) {
  const path file = directory / "config.json";
  return gpt2_config_from_json(read_json(file), file);
}

namespace {

// Copies what the folder holds into the model; under MetaMode only compares names and shapes.
void fit(GPT& model, const path& directory) {
  StoredWeights weights(directory, gpt2_layout(model.config));
  weights.read_into(model);
  check_zero_biases(model, weights);
  weights.finish();
}

}  // namespace

void load_gpt2_weights(GPT& model, const path& directory) {
  refit(model, [&](GPT& m) { fit(m, directory); });
}

GPT load_gpt2(const path& directory) {
  const GPTConfig config = load_gpt2_config(directory);
  return load_fitted([&] { return GPT(config); }, [&](GPT& model) { fit(model, directory); });
}

}  // namespace gradus
