#include "nn/pretrained/t5.h"

#include <nlohmann/json.hpp>

#include "nn/pretrained/config_reader.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

// T5's words for what is between wi and wo. With T5, gelu behind a gate is the one with tanh.
constexpr Named<Activation> feed_forward_names[] = {{"relu", Activation::relu},
                                                    {"gelu", Activation::gelu},
                                                    {"gelu_new", Activation::gelu_tanh},
                                                    {"silu", Activation::silu},
                                                    {"gated-gelu", Activation::geglu_tanh},
                                                    {"gated-silu", Activation::swiglu}};

void add_t5_side(WeightLayout& layout, const std::string& side, bool decodes, bool gated) {
  const std::string ours = side + "h.*.", layer = side + "block.*.layer.";
  const std::string self = layer + "0.SelfAttention.", cross = layer + "1.EncDecAttention.";
  const std::string last = layer + (decodes ? "2." : "1."), mlp = last + "DenseReluDense.";
  const std::vector<StoredAs> rows{
      {side + "relative_bias", {side + "block.0.layer.0.SelfAttention.relative_attention_bias"}},
      {ours + "ln_1", {layer + "0.layer_norm"}},
      {ours + "attn.c_attn", {self + "q", self + "k", self + "v"}},
      {ours + "attn.c_proj", {self + "o"}},
      {ours + "ln_cross", {layer + "1.layer_norm"}},
      {ours + "cross_attn.c_q", {cross + "q"}},
      {ours + "cross_attn.c_kv", {cross + "k", cross + "v"}},
      {ours + "cross_attn.c_proj", {cross + "o"}},
      {ours + "ln_2", {last + "layer_norm"}},
      {ours + "mlp.c_gate", {mlp + "wi_0"}},
      {ours + "mlp.c_fc", {mlp + (gated ? "wi_1" : "wi")}},
      {ours + "mlp.c_proj", {mlp + "wo"}},
      {side + "ln_f", {side + "final_layer_norm"}}};
  layout.table.insert(layout.table.end(), rows.begin(), rows.end());
}

}  // namespace

WeightLayout t5_layout(const EncoderDecoderConfig& config) {
  WeightLayout layout{.table = {{"wte", {"shared"}}, {"lm_head", {"lm_head"}}},
                      // of old files, which is read nowhere
                      .ignored = {".EncDecAttention.relative_attention_bias.weight"}};
  add_t5_side(layout, "encoder.", false, is_gated(config.activation));
  add_t5_side(layout, "decoder.", true, is_gated(config.activation));
  layout.ties = {{"encoder.embed_tokens.weight", "wte.weight"},
                 {"decoder.embed_tokens.weight", "wte.weight"}};
  if (config.tie_weights) layout.ties.push_back({"lm_head.weight", "wte.weight"});
  return layout;
}

json t5_config_to_json(const EncoderDecoderConfig& c) {
  return {{"architectures", {"T5ForConditionalGeneration"}},
          {"model_type", "t5"},
          {"is_encoder_decoder", true},
          {"vocab_size", c.vocab_size},
          {"n_positions", c.block_size},
          {"d_model", c.n_embd},
          {"d_kv", c.encoder_block().head_size()},
          {"d_ff", c.encoder_block().inner()},
          {"num_layers", c.n_layer},
          {"num_decoder_layers", c.decoder_layers()},
          {"num_heads", c.n_head},
          {"relative_attention_num_buckets", RelativeBuckets{}.count},
          {"relative_attention_max_distance", RelativeBuckets{}.max_distance},
          {"feed_forward_proj", name_in(feed_forward_names, c.activation)},
          {"dropout_rate", c.dropout},
          {"layer_norm_epsilon", c.norm_eps},
          {"initializer_factor", 1.0},
          {"tie_word_embeddings", c.tie_weights},
          {"pad_token_id", c.pad_token},
          {"decoder_start_token_id", c.start_token},
          {"eos_token_id", c.end_token},
          {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"},
          {"gradus", {{"init_std", c.init_std}}}};
}

EncoderDecoderConfig t5_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  reader.require("model_type", std::string("t5"));
  reader.require("is_encoder_decoder", true);
  reader.require("relative_attention_num_buckets", RelativeBuckets{}.count);
  reader.require("relative_attention_max_distance", RelativeBuckets{}.max_distance);
  EncoderDecoderConfig c{
      .block_size = reader.integer("n_positions", 512),
      .vocab_size = reader.integer("vocab_size"),
      .n_layer = reader.positive("num_layers"),
      .n_decoder_layer = reader.positive("num_decoder_layers", {.absent = 0, .null = 0}),
      .n_head = reader.integer("num_heads"),
      .n_embd = reader.integer("d_model"),
      .n_inner = reader.positive("d_ff"),
      .head_width = reader.positive("d_kv"),
      .dropout = reader.number("dropout_rate", real(0.1)),
      .tie_weights = reader.flag("tie_word_embeddings", true),
      .norm_eps = reader.number("layer_norm_epsilon", real(1e-6)),
      .pad_token = reader.token("pad_token_id", 0),
      .start_token = reader.token("decoder_start_token_id", 0),
      .end_token = reader.token("eos_token_id", 1)};
  c.activation = reader.choice("feed_forward_proj", feed_forward_names, Activation::relu);
  const bool scaled = reader.flag("scale_decoder_outputs", c.tie_weights);
  check<FileError>(c.tie_weights || !scaled, "{}: scale_decoder_outputs = true is not supported",
                   file.string());
  if (c.tie_weights) c.scale_tied_head = scaled;
  if (object.contains("gradus")) {
    const ConfigReader own(object["gradus"], file);
    c.init_std = own.number("init_std", c.init_std);
  }
  return reader.sound(c);
}

}  // namespace gradus
