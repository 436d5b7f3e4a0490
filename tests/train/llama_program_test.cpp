// Commands on a folder that holds a Llama or a Mistral under Hugging Face's names.

#include "data/tokenizer.h"
#include "nn/attention_maps.h"
#include "nn/generate.h"
#include "nn/pretrained/llama.h"
#include "tests/support.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

// A small model over letters, and its tokenizer; one with a window is a Mistral.
GPT save_letters_llama(const std::filesystem::path& folder, int64_t window) {
  const Tokenizer letters(CharTokenizer::train("abc def\n"));
  GPT model({.block_size = 16,
             .vocab_size = letters.vocab_size(),
             .n_layer = 2,
             .n_head = 4,
             .n_embd = 16,
             .kv_heads = 2,
             .window = window,
             .bias = false,
             .tie_weights = false,
             .positions = Positions::rope,
             .norm = NormKind::rms,
             .activation = Activation::swiglu});
  save_llama(model, folder);
  letters.save(folder);
  return model;
}

}  // namespace

TEST_CASE("gradus params, attention, generate and audit read Llamas and Mistrals") {
  for (const int64_t window : {0, 3}) {
    CAPTURE(window);
    const TemporaryFolder folder;
    const GPT model = save_letters_llama(folder.path(), window);
    const std::string directory = folder.path().string();

    const RunResult params = run({"params", directory, "--json"});
    REQUIRE(params.code == 0);
    CHECK(json::parse(params.out)["parameters"] == model.num_parameters());
    const std::string page = (folder.path() / "weights.html").string();
    CHECK(run({"params", directory, "--weights", page}).code == 0);
    CHECK(contains(slurp(page), "h.1.mlp.c_gate.weight"));

    const std::vector<int32_t> ids = Tokenizer::load(folder.path()).encode("abc fed");
    const RunResult attention =
        run({"attention", "--model", directory, "--text", "abc fed", "--json"});
    REQUIRE(attention.code == 0);
    const auto row = json::parse(attention.out)["layers"][1][3][6].get<std::vector<double>>();
    const std::vector<Tensor> maps = attention_maps(model, Tokens({1, 7}, ids));
    const std::vector<real> expected = maps[1].select(0, 0).select(0, 3).select(0, 6).to_vector();
    for (size_t i = 0; i < row.size(); ++i) {
      CHECK(row[i] == doctest::Approx(static_cast<double>(expected[i])));
    }

    const RunResult text = run({"generate", "--model", directory, "--prompt", "abc fed",
                                "--max-new-tokens", "8", "--temperature", "0"});
    REQUIRE(text.code == 0);
    const std::vector<int32_t> made =
        generate(model, ids, {.max_new_tokens = 8, .sampling = {.temperature = 0}});
    CHECK(contains(text.out, "abc fed" + Tokenizer::load(folder.path()).decode(made)));

    CHECK(run({"audit", "--model", directory}).code == 0);
  }
}
