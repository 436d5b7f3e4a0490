// GPT-2 on disk: what gradus writes it reads back bit for bit, what Hugging Face wrote it reads
// too, and what does not fit is told completely.

#include "nn/pretrained/gpt2.h"

#include <nlohmann/json.hpp>

#include "data/json.h"
#include "data/safetensors.h"
#include "tests/data/support.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

GPTConfig tiny_gpt2() {
  return {.block_size = 6, .vocab_size = 5, .n_layer = 2, .n_head = 2, .n_embd = 4};
}

GPT random_model(const GPTConfig& config) {
  GPT model(config);
  uint64_t counter = 0;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {23, counter++}));
  }
  return model;
}

void check_same_weights(const GPT& a, const GPT& b) {
  const auto x = a.named_parameters(), y = b.named_parameters();
  REQUIRE(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) {
    CHECK(x[i].name == y[i].name);
    CHECK(bit_difference(x[i].tensor, y[i].tensor) == "");
  }
}

// The tensors of a saved tiny model, to be changed and written again.
std::map<std::string, Tensor> tensors_of(const std::filesystem::path& folder) {
  const SafetensorsFile file(folder / "model.safetensors");
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : file.names()) tensors[name] = file.tensor(name);
  return tensors;
}

void write(const std::filesystem::path& folder, const std::map<std::string, Tensor>& tensors) {
  SafetensorsContents contents{.tensors = {tensors.begin(), tensors.end()}};
  if (in_double) contents.type = StoredType::F64;
  write_safetensors(folder / "model.safetensors", contents);
}

// The sentence about a saved tiny model after `change` of its tensors.
template <class Change>
std::string error_after(GPTConfig config, Change change) {
  const TemporaryFolder folder;
  save_gpt2(random_model(config), folder.path());
  std::map<std::string, Tensor> tensors = tensors_of(folder.path());
  change(tensors);
  write(folder.path(), tensors);
  return message_of<FileError>([&] { load_gpt2(folder.path()); });
}

// The sentence about a config.json that differs from a good one in one key; null removes it.
std::string config_error(const std::string& key, const json& value) {
  const TemporaryFolder folder;
  save_gpt2_config(tiny_gpt2(), folder.path());
  json config = read_json(folder.path() / "config.json");
  config[key] = value;
  if (value.is_null()) config.erase(key);
  folder.file("config.json", config.dump());
  const std::string sentence = message_of<FileError>([&] { load_gpt2_config(folder.path()); });
  const std::string file = (folder.path() / "config.json").string() + ": ";
  return sentence.starts_with(file) ? sentence.substr(file.size()) : sentence;
}

}  // namespace

TEST_CASE("save and load: every bit comes back, for biases, ties, activations, norms, placements") {
  for (const bool bias : {true, false}) {
    for (const bool tied : {true, false}) {
      GPTConfig config = tiny_gpt2();
      config.bias = bias;
      config.tie_weights = tied;
      config.activation = tied ? Activation::gelu : Activation::silu;
      config.norm = bias ? NormKind::layer : NormKind::rms;
      config.placement = bias == tied ? Placement::pre : Placement::post;
      config.dropout = real(0.25);
      config.norm_eps = real(1e-6);
      const TemporaryFolder folder;
      const GPT model = random_model(config);
      save_gpt2(model, folder.path());
      const GPT loaded = load_gpt2(folder.path());
      check_same_weights(loaded, model);
      CHECK(loaded.config.bias == bias);
      CHECK(loaded.config.tie_weights == tied);
      CHECK(loaded.config.activation == config.activation);
      CHECK(loaded.config.norm == config.norm);
      CHECK(loaded.config.placement == config.placement);
      CHECK(loaded.config.dropout == config.dropout);
      CHECK(loaded.config.norm_eps == config.norm_eps);
      const EvalMode evaluation;
      const Tokens ids({1, 3}, {1, 2, 3});
      CHECK(bit_difference(loaded(ids), model(ids)) == "");
    }
  }
}

TEST_CASE(
    "the layout is Hugging Face's: names, Conv1D as (in, out), no tied head, zeros for biases") {
  GPTConfig config = tiny_gpt2();
  config.bias = false;
  const TemporaryFolder folder;
  const GPT model = random_model(config);
  save_gpt2(model, folder.path());
  std::map<std::string, Tensor> tensors = tensors_of(folder.path());
  CHECK(tensors.size() == 2 + 2 * 12 + 2);
  CHECK_FALSE(tensors.contains("lm_head.weight"));
  CHECK(bit_difference(tensors.at("transformer.wte.weight"), model.find("wte.weight")) == "");
  const Tensor c_attn = tensors.at("transformer.h.1.attn.c_attn.weight");
  CHECK(c_attn.shape() == Shape{4, 12});
  CHECK(bit_difference(c_attn.transpose(0, 1), model.find("h.1.attn.c_attn.weight")) == "");
  CHECK(tensors.at("transformer.h.0.mlp.c_fc.weight").shape() == Shape{4, 16});
  CHECK(tensors.at("transformer.h.0.mlp.c_proj.weight").shape() == Shape{16, 4});
  CHECK(bit_difference(tensors.at("transformer.h.0.attn.c_attn.bias"), zeros({12})) == "");
  CHECK(bit_difference(tensors.at("transformer.ln_f.bias"), zeros({4})) == "");

  const json written = read_json(folder.path() / "config.json");
  CHECK(written.at("model_type") == "gpt2");
  CHECK(written.at("architectures") == json{"GPT2LMHeadModel"});
  CHECK(written.at("n_positions") == 6);
  CHECK(written.at("activation_function") == "gelu_new");
  CHECK(written.at("tie_word_embeddings") == true);
}

TEST_CASE("a head of its own is written as lm_head.weight") {
  GPTConfig config = tiny_gpt2();
  config.tie_weights = false;
  const TemporaryFolder folder;
  const GPT model = random_model(config);
  save_gpt2(model, folder.path());
  CHECK(bit_difference(tensors_of(folder.path()).at("lm_head.weight"),
                       model.find("lm_head.weight")) == "");
}

TEST_CASE("load: names without the prefix, the buffers of old versions and a tied copy are fine") {
  const TemporaryFolder folder;
  const GPT model = random_model(tiny_gpt2());
  save_gpt2(model, folder.path());
  std::map<std::string, Tensor> plain;
  for (const auto& [name, tensor] : tensors_of(folder.path())) {
    plain[name.substr(std::string("transformer.").size())] = tensor;
  }
  plain["h.0.attn.bias"] = ones({1, 1, 6, 6});
  plain["h.1.attn.masked_bias"] = ones({1});
  plain["lm_head.weight"] = plain.at("wte.weight").clone();
  write(folder.path(), plain);
  check_same_weights(load_gpt2(folder.path()), model);
}

TEST_CASE("load: everything that is wrong is listed at once, under our names") {
  const std::string sentence = error_after(tiny_gpt2(), [](std::map<std::string, Tensor>& tensors) {
    tensors.erase("transformer.wpe.weight");
    tensors.erase("transformer.h.1.ln_2.bias");
    tensors["transformer.h.7.ln_2.bias"] = ones({4});
    tensors["transformer.h.0.mlp.c_fc.weight"] = ones({16, 4});
    tensors["lm_head.weight"] = ones({5, 4});
  });
  CHECK(contains(sentence, "the weights do not fit the config: "));
  CHECK(contains(sentence, "missing wpe.weight"));
  CHECK(contains(sentence, "missing h.1.ln_2.bias"));
  CHECK(contains(sentence, "unexpected h.7.ln_2.bias"));
  CHECK(contains(sentence, "h.0.mlp.c_fc.weight has shape (16, 4), expected (4, 16)"));
}

TEST_CASE("load: a tied model whose file holds another head is refused") {
  CHECK(contains(error_after(tiny_gpt2(),
                             [](auto& tensors) {
                               tensors["lm_head.weight"] = ones({5, 4});
                             }),
                 "lm_head.weight differs from wte.weight, to which it is tied"));
}

TEST_CASE("load: a bias that is not zero in a model without biases is refused") {
  GPTConfig config = tiny_gpt2();
  config.bias = false;
  CHECK(contains(error_after(config, [](auto& t) { t["transformer.h.0.ln_1.bias"].fill_(1); }),
                 "h.0.ln_1.bias is not zero in a model without biases"));
  CHECK(error_after(config, [](auto& t) { t.erase("transformer.h.0.ln_1.bias"); }) ==
        "nothing was thrown");
}

TEST_CASE("load: one parameter under two names, with and without prefix, is refused") {
  CHECK(contains(error_after(tiny_gpt2(),
                             [](auto& t) {
                               t["wte.weight"] = ones({5, 4});
                             }),
                 "wte.weight stands there twice"));
}

TEST_CASE("load: a missing file or folder is a clear error") {
  const TemporaryFolder folder;
  CHECK(contains(message_of<FileError>([&] { load_gpt2(folder.path()); }), "config.json"));
  save_gpt2_config(tiny_gpt2(), folder.path());
  CHECK(contains(message_of<FileError>([&] { load_gpt2(folder.path()); }), "safetensors"));
}

TEST_CASE("config.json: what is missing, of the wrong kind or impossible is named") {
  CHECK(config_error("n_embd", nullptr) == "'n_embd' must be a whole number");
  CHECK(config_error("n_layer", "two") == "'n_layer' must be a whole number");
  CHECK(config_error("n_layer", 2.5) == "'n_layer' must be a whole number");
  CHECK(config_error("n_layer", 0) == "GPT: n_layer = 0 must be positive and below 2^31");
  CHECK(config_error("n_layer", 1'000'000'000) ==
        "GPT: n_layer = 1000000000 must be at most 10000");
  CHECK(config_error("vocab_size", 18446744073709551615u) == "'vocab_size' must be a whole number");
  CHECK(config_error("n_head", 3) == "GPT: n_head = 3 must divide n_embd = 4");
  CHECK(config_error("n_inner", -1) == "n_inner = -1 must be at least 1");
  CHECK(config_error("n_inner", 0) == "n_inner = 0 must be at least 1");
  CHECK(config_error("n_inner", nullptr) == "nothing was thrown");
  CHECK(config_error("gradus", {{"positions", "lost"}}) == "unknown positions 'lost'");
  CHECK(config_error("gradus", {{"kv_heads", 3}}) == "GPT: kv_heads = 3 must divide n_head = 2");
  CHECK(config_error("n_embd", 9223372036854775804) ==
        "GPT: n_embd = 9223372036854775804 must be positive and below 2^31");
  CHECK(config_error("model_type", "bert") == "model_type 'bert' is not gpt2");
  CHECK(config_error("activation_function", "mish") == "unknown activation_function 'mish'");
  CHECK(config_error("tie_word_embeddings", 1) == "'tie_word_embeddings' must be true or false");
  CHECK(config_error("resid_pdrop", "0.1") == "'resid_pdrop' must be a number");
  CHECK(config_error("resid_pdrop", 1.5) == "GPT: dropout = 1.5 must be in [0, 1)");
  CHECK(config_error("layer_norm_epsilon", 0) == "GPT: norm_eps = 0 must be positive and finite");
  CHECK(config_error("gradus", {{"norm", "batch"}}) == "unknown norm 'batch'");
  CHECK(config_error("gradus", {{"placement", "sideways"}}) == "unknown placement 'sideways'");
  CHECK(config_error("n_inner", 16) == "nothing was thrown");
}

TEST_CASE("config.json: variants of attention that we do not compute are refused, not ignored") {
  CHECK(config_error("scale_attn_weights", false) == "scale_attn_weights = false is not supported");
  CHECK(config_error("scale_attn_by_inverse_layer_idx", true) ==
        "scale_attn_by_inverse_layer_idx = true is not supported");
  CHECK(config_error("add_cross_attention", true) == "add_cross_attention = true is not supported");
  CHECK(config_error("scale_attn_weights", true) == "nothing was thrown");
}

TEST_CASE("a small file whose config promises a huge model is refused with little memory") {
  const TemporaryFolder folder;
  save_gpt2(random_model(tiny_gpt2()), folder.path());
  save_gpt2_config({.block_size = 1 << 20,
                    .vocab_size = 1 << 30,
                    .n_layer = 2000,
                    .n_head = 8,
                    .n_embd = 1 << 14},
                   folder.path());
  reset_peak_memory();
  const int64_t before = memory_stats().live_bytes;
  const std::string sentence = message_of<FileError>([&] { load_gpt2(folder.path()); });
  CHECK(contains(sentence, "wte.weight has shape (5, 4), expected (1073741824, 16384)"));
  CHECK(sentence.size() < 10'000);  // 24,000 parameters are missing; the first few tell
  CHECK(contains(sentence, " more"));
  CHECK(memory_stats().peak_bytes - before < int64_t{64} << 20);  // handles of 24,000 parameters
}

TEST_CASE("Hugging Face's tiny GPT-2: hidden states and logits agree to 1e-5") {
  const auto folder = shared_path("conformance/tiny_gpt2");
  if (!folder) return;
  const GPT model = load_gpt2(*folder);
  const EvalMode evaluation;
  const json reference = read_json(*folder / "tiny_gpt2_reference.json");
  CHECK(reference.at("cases").size() == 2);
  for (const json& recorded : reference.at("cases")) {
    const std::vector<int32_t> sequence = recorded.at("input_ids");
    const Tokens ids({1, static_cast<int64_t>(sequence.size())}, sequence);
    const auto rows = [&](const char* key) {
      std::vector<real> values;
      for (const json& row : recorded.at(key)) {
        for (const json& value : row) values.push_back(value.get<real>());
      }
      return from_data({1, ids.dim(1), static_cast<int64_t>(values.size()) / ids.dim(1)}, values);
    };
    CHECK(difference(model.hidden(ids), rows("last_hidden_state"), real(1e-5)) == "");
    CHECK(difference(model(ids), rows("tied_lm_logits"), real(1e-5)) == "");
  }
}
