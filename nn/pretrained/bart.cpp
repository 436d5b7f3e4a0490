#include "nn/pretrained/bart.h"

#include <nlohmann/json.hpp>

#include "nn/pretrained/config_reader.h"
#include "tensor/creation.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

// BART's positions begin with 2, for reasons of its first program; rows 0 and 1 are never read.
constexpr int64_t position_offset = 2;

void add_bart_side(WeightLayout& layout, const std::string& side) {
  const std::string ours = side + "h.*.", layer = side + "layers.*.";
  const std::string self = layer + "self_attn.", cross = layer + "encoder_attn.";
  const std::vector<StoredAs> rows{
      {.ours = side + "wpe", .theirs = {side + "embed_positions"}, .unused_rows = position_offset},
      {side + "ln_e", {side + "layernorm_embedding"}},
      {ours + "attn.c_attn", {self + "q_proj", self + "k_proj", self + "v_proj"}},
      {ours + "attn.c_proj", {self + "out_proj"}},
      {ours + "ln_1", {layer + "self_attn_layer_norm"}},
      {ours + "cross_attn.c_q", {cross + "q_proj"}},
      {ours + "cross_attn.c_kv", {cross + "k_proj", cross + "v_proj"}},
      {ours + "cross_attn.c_proj", {cross + "out_proj"}},
      {ours + "ln_cross", {layer + "encoder_attn_layer_norm"}},
      {ours + "mlp.c_fc", {layer + "fc1"}},
      {ours + "mlp.c_proj", {layer + "fc2"}},
      {ours + "ln_2", {layer + "final_layer_norm"}}};
  layout.table.insert(layout.table.end(), rows.begin(), rows.end());
}

}  // namespace

WeightLayout bart_layout(const EncoderDecoderConfig& config) {
  WeightLayout layout{.table = {{"wte", {"shared"}}, {"lm_head", {"lm_head"}}},
                      .their_prefix = "model.",
                      .heads = {"lm_head.", "final_logits_bias"}};
  add_bart_side(layout, "encoder.");
  add_bart_side(layout, "decoder.");
  layout.ties = {{"encoder.embed_tokens.weight", "wte.weight"},
                 {"decoder.embed_tokens.weight", "wte.weight"}};
  if (config.tie_weights) layout.ties.push_back({"lm_head.weight", "wte.weight"});
  return layout;
}

std::vector<std::pair<std::string, Tensor>> bart_logits_bias(const EncoderDecoderConfig& config) {
  return {{"final_logits_bias", zeros({1, config.vocab_size})}};
}

json bart_config_to_json(const EncoderDecoderConfig& c) {
  return {{"architectures", {"BartForConditionalGeneration"}},
          {"model_type", "bart"},
          {"is_encoder_decoder", true},
          {"vocab_size", c.vocab_size},
          {"max_position_embeddings", c.block_size},
          {"d_model", c.n_embd},
          {"encoder_layers", c.n_layer},
          {"decoder_layers", c.decoder_layers()},
          {"encoder_attention_heads", c.n_head},
          {"decoder_attention_heads", c.n_head},
          {"encoder_ffn_dim", c.encoder_block().inner()},
          {"decoder_ffn_dim", c.encoder_block().inner()},
          {"activation_function", name_of(c.activation)},
          {"dropout", c.dropout},
          {"attention_dropout", 0.0},
          {"activation_dropout", 0.0},
          {"scale_embedding", false},
          {"init_std", c.init_std},
          {"tie_word_embeddings", c.tie_weights},
          {"pad_token_id", c.pad_token},
          {"decoder_start_token_id", c.start_token},
          {"eos_token_id", c.end_token},
          {"forced_eos_token_id", nullptr},
          {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"}};
}

EncoderDecoderConfig bart_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  reader.require("model_type", std::string("bart"));
  reader.require("is_encoder_decoder", true);
  reader.require("scale_embedding", false);
  // Settings of BART's relatives, which old files name.
  reader.require("add_bias_logits", false);
  reader.require("add_final_layer_norm", false);
  reader.require("normalize_before", false);
  reader.require("normalize_embedding", true);
  reader.require("static_position_embeddings", false);
  reader.require("extra_pos_embeddings", position_offset);
  const int64_t heads = reader.integer("encoder_attention_heads");
  const int64_t inner = reader.positive("encoder_ffn_dim");
  reader.require("decoder_attention_heads", heads);
  reader.require("decoder_ffn_dim", inner);
  EncoderDecoderConfig c{.block_size = reader.integer("max_position_embeddings", 1024),
                         .vocab_size = reader.integer("vocab_size"),
                         .n_layer = reader.positive("encoder_layers"),
                         .n_decoder_layer = reader.positive("decoder_layers"),
                         .n_head = heads,
                         .n_embd = reader.integer("d_model"),
                         .n_inner = inner,
                         .dropout = reader.number("dropout", real(0.1)),
                         .bias = true,
                         .tie_weights = reader.flag("tie_word_embeddings", true),
                         .positions = Positions::learned,
                         .norm = NormKind::layer,
                         .placement = Placement::post,
                         .activation = reader.activation("activation_function", "gelu"),
                         .scale_scores = true,
                         .scale_tied_head = false,
                         .embedding_norm = true,
                         .final_norm = false,
                         .norm_eps = real(1e-5),
                         .init_std = reader.number("init_std", real(0.02)),
                         .pad_token = reader.token("pad_token_id", 1),
                         .start_token = reader.token("decoder_start_token_id", 2),
                         .end_token = reader.token("eos_token_id", 2)};
  check<FileError>(!is_gated(c.activation), "{}: activation_function '{}' is not supported",
                   file.string(), name_of(c.activation));
  return reader.sound(c);
}

}  // namespace gradus
