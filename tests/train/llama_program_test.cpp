// Commands on a folder that holds a Llama or a Mistral under Hugging Face's names.

#include <cmath>

#include "data/bpe_train.h"
#include "data/tokenizer.h"
#include "nn/attention_maps.h"
#include "nn/generate.h"
#include "nn/pretrained/llama.h"
#include "tests/support.h"
#include "tests/train/program.h"
#include "train/evaluation.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

// A small model and its tokenizer; one with a window is a Mistral.
GPT save_small_llama(const std::filesystem::path& folder, const Tokenizer& tokenizer,
                     int64_t window) {
  GPT model({.block_size = 16,
             .vocab_size = tokenizer.vocab_size(),
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
  tokenizer.save(folder);
  return model;
}

// The same over letters.
GPT save_letters_llama(const std::filesystem::path& folder, int64_t window) {
  return save_small_llama(folder, Tokenizer(CharTokenizer::train("abc def\n")), window);
}

// Half a character is written as U+FFFD.
std::string in_ascii(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
  return text;
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

TEST_CASE("generate and evaluate begin a Llama's texts with <s> where its folder says so") {
  const TemporaryFolder folder;
  BPEVocabulary vocabulary = train_bpe("abc fed", 260, {"<s>"}).vocabulary();
  const int32_t begin = BPETokenizer(vocabulary).encode("<s>").at(0);
  vocabulary.frame.before = {begin};
  const Tokenizer tokenizer{BPETokenizer(vocabulary)};
  manual_seed(3);
  const GPT model = save_small_llama(folder.path(), tokenizer, 0);
  const std::string directory = folder.path().string();
  const std::string text = folder.file("text.txt", "abc fed abc").string();

  const auto check_begins = [&](const std::vector<int32_t>& before) {
    std::vector<int32_t> ids = before, all = before;
    for (const int32_t id : tokenizer.encode("abc fed")) ids.push_back(id);
    for (const int32_t id : tokenizer.encode("abc fed abc")) all.push_back(id);
    const std::vector<int32_t> made =
        generate(model, ids, {.max_new_tokens = 4, .sampling = {.temperature = 0}});
    const RunResult said = run({"generate", "--model", directory, "--prompt", "abc fed",
                                "--max-new-tokens", "4", "--temperature", "0"});
    CAPTURE(said.err);
    CHECK(in_ascii(said.out) == in_ascii("abc fed" + tokenizer.decode(made) + "\n"));
    const RunResult measured = run({"evaluate", "--model", directory, "--data", text, "--json"});
    CAPTURE(measured.err);
    const Evaluation expected = evaluate(model, all, 16, 16);
    const json report = json::parse(measured.out);
    CHECK(report["tokens"] == expected.tokens);
    CHECK(report["loss"].get<double>() == doctest::Approx(expected.loss).epsilon(1e-6));
    const size_t given = before.empty() ? tokenizer.decode(std::span(all).first(1)).size() : 0;
    const double bytes = static_cast<double>(std::string("abc fed abc").size() - given);
    CHECK(report["bits_per_byte"].get<double>() ==
          doctest::Approx(expected.loss * static_cast<double>(expected.tokens) / std::log(2.0) /
                          bytes));
  };
  check_begins({begin});
  folder.file("tokenizer_config.json", R"({"add_bos_token":false})");
  check_begins({});
}
