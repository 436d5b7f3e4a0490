// Llama and Mistral on disk: under Hugging Face's names, both ways, and what is not supported is
// named.

#include "nn/pretrained/llama.h"

#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "data/json.h"
#include "data/safetensors.h"
#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

GPT drawn_llama(const GPTConfig& config) {
  GPT model(config);
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {31, counter++}));
  }
  return model;
}

}  // namespace

TEST_CASE("Llama and Mistral: every bit comes back, under Hugging Face's names") {
  for (const int64_t window : {0, 3}) {
    for (const int64_t kv_heads : {0, 1, 2}) {
      const GPTConfig config{.block_size = 6,
                             .vocab_size = 7,
                             .n_layer = 2,
                             .n_head = 4,
                             .n_embd = 8,
                             .kv_heads = kv_heads,
                             .n_inner = 12,
                             .window = window,
                             .bias = false,
                             .tie_weights = kv_heads == 1,
                             .positions = Positions::rope,
                             .rope_theta = 500,
                             .norm = NormKind::rms,
                             .activation = Activation::swiglu};
      const GPT model = drawn_llama(config);
      const TemporaryFolder folder;
      save_llama(model, folder.path());
      const GPT again = load_llama(folder.path());
      CHECK(again.config == config);
      for (const NamedTensor& p : model.named_parameters()) {
        CHECK(bit_difference(again.find(p.name), p.tensor) == "");
      }
      const SafetensorsFile file(folder.path() / "model.safetensors");
      const int64_t kv = 2 * config.block().num_kv_heads();
      CHECK(bit_difference(file.tensor("model.layers.1.self_attn.v_proj.weight"),
                           model.find("h.1.attn.c_attn.weight").narrow(0, 8 + kv, kv)) == "");
      CHECK(read_json(folder.path() / "config.json").at("model_type") ==
            (window > 0 ? "mistral" : "llama"));
    }
  }
}

TEST_CASE("Llama and Mistral: a number that is absent is Hugging Face's default, null is none") {
  const json llama{{"model_type", "llama"}, {"vocab_size", 7},           {"num_hidden_layers", 1},
                   {"hidden_size", 32},     {"num_attention_heads", 16}, {"intermediate_size", 12}};
  json mistral = llama;
  mistral["model_type"] = "mistral";
  const auto read = [](json object, const char* key, const json& value) {
    object[key] = value;
    return llama_config_from_json(object, "c");
  };
  CHECK(llama_config_from_json(llama, "c").block().num_kv_heads() == 16);
  CHECK(llama_config_from_json(mistral, "c").block().num_kv_heads() == 8);
  CHECK(llama_config_from_json(llama, "c").window == 0);
  CHECK(llama_config_from_json(mistral, "c").window == 4096);
  for (const json& object : {llama, mistral}) {
    CHECK(read(object, "num_key_value_heads", nullptr).block().num_kv_heads() == 16);
    CHECK(read(object, "num_key_value_heads", 4).block().num_kv_heads() == 4);
    CHECK(read(object, "sliding_window", nullptr).window == 0);
    for (const char* key : {"num_key_value_heads", "intermediate_size"}) {
      CHECK(message_of<FileError>([&] { read(object, key, 0); }) ==
            fmt::format("c: {} = 0 must be at least 1", key));
    }
  }
  CHECK(read(mistral, "sliding_window", 3).window == 3);
  CHECK(read(llama, "sliding_window", 3).window == 0);  // Llama has none
  CHECK(message_of<FileError>([&] { read(mistral, "sliding_window", 0); }) ==
        "c: sliding_window = 0 must be at least 1");
}

TEST_CASE("Llama: what it does not have is not written, what is not supported is not read") {
  GPTConfig config{.block_size = 6,
                   .vocab_size = 7,
                   .n_layer = 1,
                   .n_head = 2,
                   .n_embd = 8,
                   .bias = false,
                   .tie_weights = false,
                   .positions = Positions::rope,
                   .norm = NormKind::rms,
                   .activation = Activation::swiglu};
  const TemporaryFolder folder;
  save_llama(GPT(config), folder.path());
  const json good = read_json(folder.path() / "config.json");
  const auto refusal = [&](const char* key, const json& value) {
    json changed = good;
    changed[key] = value;
    return message_of<FileError>([&] { llama_config_from_json(changed, "c"); });
  };
  CHECK(refusal("hidden_act", "gelu") == "c: hidden_act 'gelu' is not supported");
  CHECK(refusal("attention_bias", true) == "c: attention_bias = true is not supported");
  CHECK(refusal("rope_scaling", {{"rope_type", "llama3"}}) ==
        "c: rope_type 'llama3' is not supported");
  CHECK(refusal("head_dim", 8) == "c: head_dim = 8 is not supported");
  CHECK(refusal("rope_parameters", {{"rope_type", "default"}, {"rope_theta", 7.0}}) ==
        "nothing was thrown");
  CHECK(refusal("model_type", "gemma") == "c: unknown model_type 'gemma'");

  config.positions = Positions::learned;
  CHECK(message_of<ValueError>([&] { save_llama(GPT(config), folder.path()); }) ==
        "save_llama: the model has switches that Llama and Mistral do not have");
}
