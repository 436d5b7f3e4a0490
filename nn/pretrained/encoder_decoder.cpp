#include "nn/pretrained/encoder_decoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json.h"
#include "nn/pretrained/bart.h"
#include "nn/pretrained/config_reader.h"
#include "nn/pretrained/t5.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr const char* own_type = "gradus-encoder-decoder";

WeightLayout own_layout(const EncoderDecoderConfig& config) {
  WeightLayout layout{.table = {}};  // the names of the parameters
  if (config.tie_weights) layout.ties = {{"lm_head.weight", "wte.weight"}};
  return layout;
}

json own_config_to_json(const EncoderDecoderConfig& c) {
  return {{"model_type", own_type},
          {"block_size", c.block_size},
          {"vocab_size", c.vocab_size},
          {"n_layer", c.n_layer},
          {"n_decoder_layer", c.n_decoder_layer},
          {"n_head", c.n_head},
          {"n_embd", c.n_embd},
          {"kv_heads", c.kv_heads},
          {"n_inner", c.n_inner},
          {"head_width", c.head_width},
          {"dropout", c.dropout},
          {"bias", c.bias},
          {"tie_weights", c.tie_weights},
          {"qk_norm", c.qk_norm},
          {"positions", name_in(position_names, c.positions)},
          {"rope_theta", c.rope_theta},
          {"norm", name_in(norm_names, c.norm)},
          {"placement", name_in(placement_names, c.placement)},
          {"activation", name_in(activation_names, c.activation)},
          {"scale_scores", c.scale_scores},
          {"scale_tied_head", c.scale_tied_head},
          {"embedding_norm", c.embedding_norm},
          {"final_norm", c.final_norm},
          {"norm_eps", c.norm_eps},
          {"init_std", c.init_std},
          {"pad_token", c.pad_token},
          {"start_token", c.start_token},
          {"end_token", c.end_token},
          {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"}};
}

EncoderDecoderConfig own_config_from_json(const json& object, const path& file) {
  const ConfigReader reader(object, file);
  const EncoderDecoderConfig absent;
  return reader.sound(EncoderDecoderConfig{
      .block_size = reader.integer("block_size"),
      .vocab_size = reader.integer("vocab_size"),
      .n_layer = reader.integer("n_layer"),
      .n_decoder_layer = reader.integer("n_decoder_layer", 0),
      .n_head = reader.integer("n_head"),
      .n_embd = reader.integer("n_embd"),
      .kv_heads = reader.integer("kv_heads", 0),
      .n_inner = reader.integer("n_inner", 0),
      .head_width = reader.integer("head_width", 0),
      .dropout = reader.number("dropout", 0),
      .bias = reader.flag("bias", absent.bias),
      .tie_weights = reader.flag("tie_weights", absent.tie_weights),
      .qk_norm = reader.flag("qk_norm", absent.qk_norm),
      .positions = reader.choice("positions", position_names, absent.positions),
      .rope_theta = reader.number("rope_theta", absent.rope_theta),
      .norm = reader.choice("norm", norm_names, absent.norm),
      .placement = reader.choice("placement", placement_names, absent.placement),
      .activation = reader.choice("activation", activation_names, absent.activation),
      .scale_scores = reader.flag("scale_scores", absent.scale_scores),
      .scale_tied_head = reader.flag("scale_tied_head", absent.scale_tied_head),
      .embedding_norm = reader.flag("embedding_norm", absent.embedding_norm),
      .final_norm = reader.flag("final_norm", absent.final_norm),
      .norm_eps = reader.number("norm_eps", absent.norm_eps),
      .init_std = reader.number("init_std", absent.init_std),
      .pad_token = reader.token("pad_token", absent.pad_token),
      .start_token = reader.token("start_token", absent.start_token),
      .end_token = reader.token("end_token", absent.end_token)});
}

using MoreTensors = std::vector<std::pair<std::string, Tensor>>;

// How a family of models is stored, by its model_type.
struct Family {
  const char* model_type;
  json (*to_json)(const EncoderDecoderConfig&);
  EncoderDecoderConfig (*from_json)(const json&, const path&);
  WeightLayout (*layout)(const EncoderDecoderConfig&);
  MoreTensors (*zeros)(const EncoderDecoderConfig&);  // which ours does without
};

const Family families[] = {
    {"t5", t5_config_to_json, t5_config_from_json, t5_layout, nullptr},
    {"bart", bart_config_to_json, bart_config_from_json, bart_layout, bart_logits_bias},
    {own_type, own_config_to_json, own_config_from_json, own_layout, nullptr}};

// One spelling of one shape.
EncoderDecoderConfig shortest(EncoderDecoderConfig c) {
  const BlockConfig given = c.encoder_block();
  if (c.n_decoder_layer == c.n_layer) c.n_decoder_layer = 0;
  if (c.kv_heads == c.n_head) c.kv_heads = 0;
  if (c.head_width * c.n_head == c.n_embd) c.head_width = 0;
  c.n_inner = 0;
  if (c.encoder_block().inner() != given.inner()) c.n_inner = given.inner();
  return c;
}

// The first family whose config.json says all of this config.
const Family& family_of(const EncoderDecoderConfig& c) {
  c.checked();
  const auto says_all = [&](const Family& family) {
    try {
      return shortest(family.from_json(family.to_json(c), {})) == shortest(c);
    } catch (const FileError&) {  // a setting that it has no word for
      return false;
    }
  };
  return *std::ranges::find_if(families, says_all);
}

const Family& family_in(const json& object, const path& file) {
  const std::string type = ConfigReader(object, file).word("model_type", "");
  for (const Family& family : families) {
    if (type == family.model_type) return family;
  }
  throw FileError(fmt::format("{}: model_type '{}' is no encoder-decoder's", file.string(), type));
}

// Reads the weights of a folder in the layout of its config.json.
auto reader_of(const path& directory) {
  const path file = directory / "config.json";
  const Family& family = family_in(read_json(file), file);
  return [&family, directory](EncoderDecoder& model) {
    StoredWeights weights(directory, family.layout(model.config));
    weights.read_into(model);
    for (const auto& [name, zero] : family.zeros ? family.zeros(model.config) : MoreTensors()) {
      if (!weights.holds(name)) continue;
      const Tensor x = weights.take(name, zero.shape());
      const bool other =
          x.defined() && std::any_of(x.data(), x.data() + x.numel(), [](real v) { return v != 0; });
      if (other) weights.note(name + " is not zero, which is not supported");
    }
    weights.finish();
  };
}

}  // namespace

void save_encoder_decoder(const EncoderDecoder& model, const path& directory) {
  const Family& family = family_of(model.config);
  write_weights(model, family.layout(model.config), directory,
                family.zeros ? family.zeros(model.config) : MoreTensors());
  save_encoder_decoder_config(model.config, directory);
}

void save_encoder_decoder_config(const EncoderDecoderConfig& config, const path& directory) {
  write_file_atomically(directory / "config.json",
                        family_of(config).to_json(config).dump(2) + "\n");
}

EncoderDecoderConfig load_encoder_decoder_config(const path& directory) {
  const path file = directory / "config.json";
  const json object = read_json(file);
  const Family& family = family_in(object, file);
  EncoderDecoderConfig c = family.from_json(object, file);
  if (family.from_json == t5_config_from_json && !c.scale_tied_head) {
    c.tie_weights = !SafetensorsSet(directory).contains("lm_head.weight");
    c.scale_tied_head = !c.tie_weights;
  }
  return shortest(c);
}

EncoderDecoder load_encoder_decoder(const path& directory) {
  const EncoderDecoderConfig config = load_encoder_decoder_config(directory);
  return load_fitted([&] { return EncoderDecoder(config); }, reader_of(directory));
}

void load_encoder_decoder_weights(EncoderDecoder& model, const path& directory) {
  refit(model, reader_of(directory));
}

bool is_encoder_decoder(const std::string& model_type) {
  return std::ranges::any_of(families, [&](const Family& f) { return model_type == f.model_type; });
}

}  // namespace gradus
