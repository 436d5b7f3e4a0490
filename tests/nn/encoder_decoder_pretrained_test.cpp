// T5 and BART on disk: under Hugging Face's names, both ways, and what is not supported is named.

#include "nn/pretrained/encoder_decoder.h"

#include <nlohmann/json.hpp>

#include "data/json.h"
#include "data/safetensors.h"
#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

using FamilyTensors = std::map<std::string, Tensor>;

EncoderDecoderConfig stored_preset(const std::string& wanted) {
  for (const auto& [name, config] : encoder_decoder_presets()) {
    if (wanted != name) continue;
    EncoderDecoderConfig c = config;
    c.block_size = 6;
    c.vocab_size = 7;
    c.n_layer = 2;
    c.n_decoder_layer = 1;
    c.n_head = 2;
    c.n_embd = 8;
    c.n_inner = 12;
    if (c.head_width != 0) c.head_width = 6;
    return c;
  }
  throw ValueError(wanted);
}

void draw_stored(EncoderDecoder& model) {
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {31, counter++}));
  }
}

EncoderDecoder drawn_sides(const std::string& name) {
  EncoderDecoder model(stored_preset(name));
  draw_stored(model);
  return model;
}

FamilyTensors family_tensors(const std::filesystem::path& folder) {
  const SafetensorsFile file(folder / "model.safetensors");
  FamilyTensors tensors;
  for (const std::string& name : file.names()) tensors[name] = file.tensor(name);
  return tensors;
}

// The sentence about a saved model after `change` of its tensors or its config.
template <class Change>
std::string family_complaint(const std::string& name, Change change) {
  const TemporaryFolder folder;
  save_encoder_decoder(drawn_sides(name), folder.path());
  FamilyTensors tensors = family_tensors(folder.path());
  json config = read_json(folder.path() / "config.json");
  change(tensors, config);
  SafetensorsContents contents{.tensors = {tensors.begin(), tensors.end()}};
  if (in_double) contents.type = StoredType::F64;
  write_safetensors(folder.path() / "model.safetensors", contents);
  folder.file("config.json", config.dump());
  const std::string sentence = message_of<FileError>([&] { load_encoder_decoder(folder.path()); });
  const size_t colon = sentence.find(": ");
  return colon == sentence.npos ? sentence : sentence.substr(colon + 2);
}

std::string setting_complaint(const std::string& name, const char* key, const json& value) {
  return family_complaint(name, [&](FamilyTensors&, json& config) { config[key] = value; });
}

}  // namespace

TEST_CASE(
    "T5's layout is Hugging Face's: a table of distances in block 0, three parts of a block") {
  const TemporaryFolder folder;
  const EncoderDecoder model = drawn_sides("t5-tiny");
  save_encoder_decoder(model, folder.path());
  const FamilyTensors tensors = family_tensors(folder.path());
  CHECK(tensors.size() == 1 + (2 * 8 + 2) + (1 * 13 + 2));
  const auto holds = [&](const std::string& theirs, const Tensor& x) {
    CHECK(bit_difference(tensors.at(theirs + ".weight"), x) == "");
  };
  holds("shared", model.find("wte.weight"));
  holds("encoder.block.0.layer.0.SelfAttention.relative_attention_bias",
        model.find("encoder.relative_bias.weight"));
  holds("encoder.block.1.layer.0.SelfAttention.k",
        model.find("encoder.h.1.attn.c_attn.weight").narrow(0, 8, 8));
  holds("encoder.block.1.layer.1.DenseReluDense.wi", model.find("encoder.h.1.mlp.c_fc.weight"));
  holds("decoder.block.0.layer.1.EncDecAttention.v",
        model.find("decoder.h.0.cross_attn.c_kv.weight").narrow(0, 8, 8));
  holds("decoder.block.0.layer.1.layer_norm", model.find("decoder.h.0.ln_cross.weight"));
  holds("decoder.block.0.layer.2.DenseReluDense.wo", model.find("decoder.h.0.mlp.c_proj.weight"));
  holds("decoder.final_layer_norm", model.find("decoder.ln_f.weight"));
  const json config = read_json(folder.path() / "config.json");
  CHECK(config.at("architectures") == json{"T5ForConditionalGeneration"});
  CHECK(config.at("feed_forward_proj") == "relu");
  CHECK(config.at("num_decoder_layers") == 1);
}

TEST_CASE("T5 1.1: wi_0 is the gate, heads have a width of their own, the head stands alone") {
  const TemporaryFolder folder;
  const EncoderDecoder model = drawn_sides("t5-v1_1-small");
  save_encoder_decoder(model, folder.path());
  const FamilyTensors tensors = family_tensors(folder.path());
  CHECK(bit_difference(tensors.at("encoder.block.0.layer.1.DenseReluDense.wi_0.weight"),
                       model.find("encoder.h.0.mlp.c_gate.weight")) == "");
  CHECK(bit_difference(tensors.at("lm_head.weight"), model.find("lm_head.weight")) == "");
  CHECK(tensors.at("decoder.block.0.layer.0.SelfAttention.o.weight").shape() == Shape{8, 12});
  const json config = read_json(folder.path() / "config.json");
  CHECK(config.at("feed_forward_proj") == "gated-gelu");
  CHECK(config.at("d_kv") == 6);
  CHECK(load_encoder_decoder_config(folder.path()) == model.config);
}

TEST_CASE("BART's layout is Hugging Face's: positions begin with 2, logits have a bias of zeros") {
  const TemporaryFolder folder;
  const EncoderDecoder model = drawn_sides("bart-tiny");
  save_encoder_decoder(model, folder.path());
  const FamilyTensors tensors = family_tensors(folder.path());
  CHECK(tensors.size() == 2 + (3 + 2 * 16) + (3 + 26));
  const Tensor positions = tensors.at("model.decoder.embed_positions.weight");
  CHECK(positions.shape() == Shape{8, 8});
  CHECK(bit_difference(positions.narrow(0, 2, 6), model.find("decoder.wpe.weight")) == "");
  CHECK(bit_difference(positions.narrow(0, 0, 2), zeros({2, 8})) == "");
  CHECK(bit_difference(tensors.at("final_logits_bias"), zeros({1, 7})) == "");
  CHECK(bit_difference(tensors.at("model.decoder.layers.0.encoder_attn.k_proj.bias"),
                       model.find("decoder.h.0.cross_attn.c_kv.bias").narrow(0, 0, 8)) == "");
  CHECK(bit_difference(tensors.at("model.encoder.layers.1.final_layer_norm.weight"),
                       model.find("encoder.h.1.ln_2.weight")) == "");
  CHECK(read_json(folder.path() / "config.json").at("model_type") == "bart");
}

TEST_CASE("switches that neither T5 nor BART has are stored under gradus's own names") {
  const TemporaryFolder folder;
  EncoderDecoderConfig c = stored_preset("t5-tiny");
  c.positions = Positions::rope;
  EncoderDecoder model(c);
  draw_stored(model);
  save_encoder_decoder(model, folder.path());
  CHECK(read_json(folder.path() / "config.json").at("model_type") == "gradus-encoder-decoder");
  CHECK(family_tensors(folder.path()).contains("decoder.h.0.cross_attn.c_kv.weight"));
  CHECK(load_encoder_decoder_config(folder.path()) == c);
}

TEST_CASE("one shape has one spelling, however it was given") {
  const TemporaryFolder folder;
  EncoderDecoderConfig c = stored_preset("t5-tiny");
  c.n_decoder_layer = c.n_layer;
  c.kv_heads = c.n_head;
  c.head_width = 4;
  c.n_inner = 4 * c.n_embd;
  save_encoder_decoder(EncoderDecoder(c), folder.path());
  c.n_decoder_layer = c.kv_heads = c.head_width = c.n_inner = 0;
  CHECK(read_json(folder.path() / "config.json").at("model_type") == "t5");
  CHECK(load_encoder_decoder_config(folder.path()) == c);
}

TEST_CASE("tied copies are read, and must be the same") {
  const auto copy = [](const char* name, bool same) {
    return family_complaint("t5-tiny", [&](FamilyTensors& tensors, json&) {
      const Tensor shared = tensors.at("shared.weight");
      tensors[name] = same ? shared.clone() : ones(shared.shape());
    });
  };
  for (const char* name :
       {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"}) {
    CAPTURE(name);
    CHECK(copy(name, true) == "nothing was thrown");
    CHECK(contains(copy(name, false), "differs from wte.weight, to which it is tied"));
  }
  CHECK(copy("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", false) ==
        "nothing was thrown");
}

TEST_CASE("settings that change what is computed are refused by their names") {
  CHECK(setting_complaint("t5-tiny", "relative_attention_num_buckets", 16) ==
        "relative_attention_num_buckets = 16 is not supported");
  CHECK(setting_complaint("t5-tiny", "relative_attention_max_distance", 64) ==
        "relative_attention_max_distance = 64 is not supported");
  CHECK(setting_complaint("t5-tiny", "feed_forward_proj", "gated-tanh") ==
        "unknown feed_forward_proj 'gated-tanh'");
  CHECK(setting_complaint("t5-tiny", "is_encoder_decoder", false) ==
        "is_encoder_decoder = false is not supported");
  CHECK(setting_complaint("t5-tiny", "model_type", "mt6") ==
        "model_type 'mt6' is no encoder-decoder's");
  CHECK(setting_complaint("t5-tiny", "eos_token_id", -1) == "eos_token_id -1 is no token's id");
  CHECK(setting_complaint("t5-tiny", "num_heads", 3'000'000'000) ==
        "encoder-decoder: n_head = 3000000000 must be positive and below 2^31");
  CHECK(setting_complaint("bart-tiny", "scale_embedding", true) ==
        "scale_embedding = true is not supported");
  CHECK(setting_complaint("bart-tiny", "normalize_before", true) ==
        "normalize_before = true is not supported");
  CHECK(setting_complaint("bart-tiny", "decoder_attention_heads", 4) ==
        "decoder_attention_heads = 4 is not supported");
  CHECK(setting_complaint("bart-tiny", "activation_function", "swiglu") ==
        "activation_function 'swiglu' is not supported");
  CHECK(contains(setting_complaint("t5-tiny", "num_layers", 1'000), "missing encoder.block."));
  CHECK(
      contains(setting_complaint("t5-tiny", "vocab_size", 2'000'000'000), "expected (2000000000"));
}

TEST_CASE("a size of 0 is refused by its name, and does not pass for a default") {
  const std::pair<const char*, const char*> sizes[] = {{"t5-tiny", "d_ff"},
                                                       {"t5-tiny", "d_kv"},
                                                       {"t5-tiny", "num_layers"},
                                                       {"t5-tiny", "num_decoder_layers"},
                                                       {"bart-tiny", "encoder_ffn_dim"},
                                                       {"bart-tiny", "decoder_layers"}};
  for (const auto& [name, key] : sizes) {
    CHECK(setting_complaint(name, key, 0) == fmt::format("{} = 0 must be at least 1", key));
  }
  CHECK(setting_complaint("bart-tiny", "decoder_ffn_dim", 0) ==
        "decoder_ffn_dim = 0 is not supported");
}

TEST_CASE("a config.json with anything in the place of anything is read or refused, never more") {
  const json odd[] = {nullptr,        true,       -1,           0, 3, 1e300, "x", json::array(),
                      json::object(), 1ULL << 63, 2'147'483'647};
  EncoderDecoderConfig own = stored_preset("t5-tiny");
  own.positions = Positions::rope;
  for (const EncoderDecoderConfig& c :
       {stored_preset("t5-v1_1-small"), stored_preset("bart-tiny"), own}) {
    const TemporaryFolder folder;
    save_encoder_decoder(EncoderDecoder(c), folder.path());
    const json good = read_json(folder.path() / "config.json");
    for (const auto& entry : good.items()) {
      const std::string key = entry.key();
      for (const json& other : odd) {
        json changed = good;
        changed[key] = other;
        folder.file("config.json", changed.dump());
        CAPTURE(key);
        CAPTURE(other.dump());
        try {
          load_encoder_decoder(folder.path());
        } catch (const Error& error) {
          CHECK(std::string(error.what()).size() > 10);
        }
      }
    }
  }
}

TEST_CASE("tensors that do not fit are told under the files' names") {
  CHECK(contains(family_complaint("bart-tiny",
                                  [](FamilyTensors& tensors, json&) {
                                    tensors["final_logits_bias"] = ones({1, 7});
                                  }),
                 "final_logits_bias is not zero, which is not supported"));
  CHECK(contains(family_complaint("bart-tiny",
                                  [](FamilyTensors& tensors, json&) {
                                    tensors["model.encoder.embed_positions.weight"] = ones({6, 8});
                                  }),
                 "encoder.embed_positions.weight has shape (6, 8), expected (8, 8)"));
  CHECK(family_complaint("bart-tiny", [](FamilyTensors& tensors, json&) {
          tensors.erase("final_logits_bias");
        }) == "nothing was thrown");
  CHECK(contains(family_complaint("t5-tiny",
                                  [](FamilyTensors& tensors, json&) {
                                    tensors.erase(
                                        "decoder.block.0.layer.1.EncDecAttention.k.weight");
                                  }),
                 "missing decoder.block.0.layer.1.EncDecAttention.k.weight"));
  CHECK(contains(family_complaint("t5-tiny",
                                  [](FamilyTensors& tensors, json&) {
                                    tensors["encoder.block.0.layer.1.EncDecAttention.q.weight"] =
                                        ones({1});
                                  }),
                 "unexpected encoder.block.0.layer.1.EncDecAttention.q.weight"));
}

TEST_CASE("weights can be read into a model that is there, or not at all") {
  const TemporaryFolder folder;
  const EncoderDecoder model = drawn_sides("t5-tiny");
  save_encoder_decoder(model, folder.path());
  EncoderDecoder same(model.config);
  load_encoder_decoder_weights(same, folder.path());
  CHECK(bit_difference(same.find("decoder.h.0.ln_2.weight"),
                       model.find("decoder.h.0.ln_2.weight")) == "");
  EncoderDecoderConfig other = model.config;
  other.n_inner = 16;
  EncoderDecoder wider(other);
  const Tensor before = wider.find("wte.weight").clone();
  CHECK(contains(message_of<FileError>([&] { load_encoder_decoder_weights(wider, folder.path()); }),
                 "DenseReluDense.wi.weight has shape (12, 8), expected (16, 8)"));
  CHECK(bit_difference(wider.find("wte.weight"), before) == "");
}
