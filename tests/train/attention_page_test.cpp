// gradus attention: the figures of a head, and the page as a user gets it.

#include "train/attention_page.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/tokenizer.h"
#include "nn/attention_maps.h"
#include "nn/pretrained/gpt2.h"
#include "tests/support.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
namespace fs = std::filesystem;

namespace {

// A small GPT over letters, and its tokenizer.
GPT save_letters_gpt(const fs::path& folder) {
  const Tokenizer letters(CharTokenizer::train("abc <>/script"));
  GPT model({.block_size = 8,
             .vocab_size = letters.vocab_size(),
             .n_layer = 2,
             .n_head = 2,
             .n_embd = 8});
  save_gpt2(model, folder);
  letters.save(folder);
  return model;
}

}  // namespace

TEST_CASE("head_figures: distance, entropy and the first token's share, by hand") {
  const HeadFigures f = head_figures(from_data({2, 2}, {1, 0, 0.5, 0.5}));
  CHECK(f.distance == doctest::Approx(0.25));  // (0 + 0.5) / 2
  CHECK(f.entropy == doctest::Approx(std::log(2.0) / 2));
  CHECK(f.first == doctest::Approx(0.75));
}

TEST_CASE("attention_page: no text can end the script that holds it") {
  const AttentionPicture picture{.model = "m",
                                 .text = "</script><b>",
                                 .tokens = {"</script>", "<b>"},
                                 .maps = {full({1, 1, 2, 2}, real(0.5))}};
  const std::string page = attention_page(picture);
  CHECK(occurrences(page, "</script>") == 2);  // of the data, and of the program
  CHECK(contains(page, "gICAgA=="));           // four bytes of 128
}

TEST_CASE("gradus attention: a page, or the probabilities as the library has them") {
  const TemporaryFolder folder;
  const GPT model = save_letters_gpt(folder.path());
  const std::string directory = folder.path().string();
  const std::string page = (folder.path() / "page.html").string();
  const RunResult drawn =
      run({"attention", "--model", directory, "--text", "abcab", "--html", page});
  CHECK(drawn.code == 0);
  CHECK(drawn.out == "");
  CHECK(contains(slurp(page), "layer ${l + 1}, head ${h + 1}"));
  const RunResult told = run({"attention", "--model", directory, "--text", "abcab", "--json"});
  REQUIRE(told.code == 0);
  const nlohmann::json object = nlohmann::json::parse(told.out);
  CHECK(object["tokens"] == nlohmann::json({"a", "b", "c", "a", "b"}));
  const Tokenizer tokenizer = Tokenizer::load(folder.path());
  const std::vector<Tensor> maps = attention_maps(model, Tokens({1, 5}, tokenizer.encode("abcab")));
  REQUIRE(object["layers"].size() == 2);
  const auto row = object["layers"][1][0][4].get<std::vector<double>>();
  const std::vector<real> expected = maps[1].select(0, 0).select(0, 0).select(0, 4).to_vector();
  for (size_t i = 0; i < row.size(); ++i) {
    CHECK(row[i] == doctest::Approx(static_cast<double>(expected[i])));
  }
}

TEST_CASE("gradus attention: a text that is too long is cut and said so, an empty one refused") {
  const TemporaryFolder folder;
  save_letters_gpt(folder.path());
  const std::string directory = folder.path().string();
  const RunResult cut =
      run({"attention", "--model", directory, "--text", "abcabcabcabc", "--json"});
  CHECK(cut.code == 0);
  CHECK(contains(cut.err, "the last 4 tokens are left out: 8 are shown"));
  check_refused(run({"attention", "--model", directory, "--text", ""}), 1, "no tokens");
  check_refused(run({"attention", "--model", (folder.path() / "none").string(), "--text", "a"}), 1,
                "none");
}

TEST_CASE("gradus params: formula, biases, cache and a drawing; weights are those of a model") {
  const TemporaryFolder folder;
  save_letters_gpt(folder.path());
  const std::string svg = (folder.path() / "shares.svg").string();
  const RunResult gpt2 = run({"params", "gpt2", "--svg", svg});
  CHECK(gpt2.code == 0);
  CHECK(contains(gpt2.out, "weights 124337664, biases 102144; without positions 123653376"));
  CHECK(contains(gpt2.out, "attention      28348416 = L (4 C² + 4 C)"));
  CHECK(contains(gpt2.out, fmt::format("KV cache: {} bytes a token", 2 * 12 * 768 * sizeof(real))));
  CHECK(contains(slurp(svg), "% of the parameters of gpt2"));
  const std::string page = (folder.path() / "weights.html").string();
  CHECK(run({"params", folder.path().string(), "--weights", page}).code == 0);
  CHECK(contains(slurp(page), "h.1.attn.c_attn.weight"));
  const RunResult config = run({"params", (folder.path() / "config.json").string(), "--json"});
  CHECK(config.code == 0);
  CHECK(nlohmann::json::parse(config.out)["formula"]["MLP"] == "L (2 C F + F + C)");
  check_refused(run({"params", "gpt2", "--weights", page}), 1, "has no weights");
  for (const char* name : {"llama", "mistral", "bert-base", "roberta-tiny", "distilbert-mini",
                           "t5-small", "bart-base"}) {
    CAPTURE(name);
    const RunResult outcome = run({"params", name, "--json"});
    CHECK(outcome.code == 0);
    CHECK(nlohmann::json::parse(outcome.out)["formula"].contains("MLP"));
  }
}
