// gradus attention: the figures of a head, and the page as a user gets it.

#include "train/attention_page.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/bpe_train.h"
#include "data/seq2seq_tokenizer.h"
#include "nn/attention_maps.h"
#include "nn/pretrained/encoder_decoder.h"
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

TEST_CASE("head_figures: queries of one text, keys of another") {
  const HeadFigures f = head_figures(from_data({2, 3}, {1, 0, 0, 0.5, 0.5, 0}));
  CHECK(f.entropy == doctest::Approx(std::log(2.0) / 2));
  CHECK(f.first == doctest::Approx(0.75));
}

TEST_CASE("attention_page: no text can end the script that holds it") {
  const AttentionPicture picture{
      .model = "m",
      .text = "</script><b>",
      .parts = {{.queries = {"</script>", "<b>"}, .maps = {full({1, 1, 2, 2}, real(0.5))}}}};
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

TEST_CASE("gradus attention of an encoder-decoder: both sides and from one to the other") {
  const TemporaryFolder folder;
  const Seq2SeqTokenizer tokenizer{
      Tokenizer(train_words(" the red fox\n a fox\n", 400, seq2seq_special_tokens()))};
  const EncoderDecoder model({.block_size = 16,
                              .vocab_size = tokenizer.vocab_size(),
                              .n_layer = 1,
                              .n_decoder_layer = 2,
                              .n_head = 2,
                              .n_embd = 8});
  save_encoder_decoder(model, folder.path());
  tokenizer.tokenizer().save(folder.path());
  const std::string page = (folder.path() / "page.html").string();
  const Arguments ask{"attention", "--model", folder.path().string(), "--text", "the red fox"};
  const RunResult told = run(ask + Arguments{"--target", "a fox", "--json"});
  CAPTURE(told.err);
  REQUIRE(told.code == 0);
  const nlohmann::json object = nlohmann::json::parse(told.out);
  const nlohmann::json read{" the", " red", " fox", "</s>"}, written{"<pad>", " a", " fox"};
  CHECK(object["encoder"]["queries"] == read);
  CHECK(object["decoder"]["keys"] == written);
  CHECK(object["cross-attention"]["queries"] == written);
  CHECK(object["cross-attention"]["keys"] == read);
  std::vector<int32_t> source, inputs{0};
  for (const TokenPiece& piece : tokenizer.pieces_as_read("the red fox"))
    source.push_back(piece.id);
  for (const int32_t id : tokenizer.encode("a fox")) inputs.push_back(id);
  const auto maps = attention_maps(model, Tokens({1, 4}, source), Tokens({1, 3}, inputs));
  const auto row = object["cross-attention"]["layers"][1][1][2].get<std::vector<double>>();
  const std::vector<real> expected =
      maps.cross[1].select(0, 0).select(0, 1).select(0, 2).to_vector();
  REQUIRE(row.size() == expected.size());
  for (size_t i = 0; i < row.size(); ++i) {
    CHECK(row[i] == doctest::Approx(static_cast<double>(expected[i])));
  }

  const RunResult drawn = run(ask + Arguments{"--html", page});  // of what it writes itself
  CHECK(drawn.code == 0);
  CHECK(contains(drawn.err, "cross-attention, 2 layers of 2 heads over 4 tokens"));
  CHECK(contains(slurp(page), "\"name\":\"cross-attention\""));
  check_refused(run(ask + Arguments{"--pair", "b"}), 1, "reads one source");
  const TemporaryFolder other;
  save_letters_gpt(other.path());
  check_refused(
      run({"attention", "--model", other.path().string(), "--text", "a", "--target", "b"}), 1,
      "--target is for what an encoder-decoder writes");
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
