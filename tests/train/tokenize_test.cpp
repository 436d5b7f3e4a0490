// Tokenizers on the command line: tokenize, pretrain --tokenizer, and what the other commands make
// of a model whose tokens are several bytes long.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "data/bpe_tokenizer.h"
#include "data/byte_level.h"
#include "data/seq2seq_tokenizer.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// One small model with a BPE that it learned from its text.
const Workplace& with_bpe() {
  static const Workplace w;
  static const int code =
      run(w.pretrain({"--steps", "5", "--tokenizer", "bpe", "--vocab-size", "270", "--quiet"}))
          .code;
  REQUIRE(code == 0);
  return w;
}

// Runs `gradus tokenize` with `input` on standard input.
RunResult tokenize(const std::string& input, const Arguments& more) {
  const TemporaryFolder folder;
  const std::string file = folder.file("input", input).string();
  return run(Arguments{"tokenize"} + more,
             [&] { dup2(open(file.c_str(), O_RDONLY), STDIN_FILENO); });
}

std::string ids_as_text(const std::vector<int32_t>& ids) {
  return fmt::format("{}\n", fmt::join(ids, " "));
}

constexpr const char* mixed_text = "my light, <|endoftext|>\u00e9\xff\n  is spent";

}  // namespace

TEST_CASE("generate: a text without documents begins with a new line, not with <|endoftext|>") {
  const RunResult written = run({"generate", "--model", with_bpe().out, "--max-new-tokens", "3"});
  CAPTURE(written.err);
  CHECK(written.code == 0);
  CHECK(written.out.starts_with("\n"));
}

TEST_CASE("pretrain --tokenizer bpe learns a vocabulary of the size that was asked for") {
  const Workplace& w = with_bpe();
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"}) {
    CHECK(fs::is_regular_file(w.in_run(name)));
  }
  CHECK_FALSE(fs::exists(w.in_run("char_vocab.json")));
  CHECK(BPETokenizer::load(w.out).vocab_size() == 270);
  CHECK(json::parse(slurp(w.in_run("config.json"))).at("vocab_size") == 270);
  CHECK(json::parse(slurp(w.in_run("training.json"))).at("tokenizer") == "bpe");
}

TEST_CASE("pretrain --tokenizer FOLDER takes the tokenizer that is there") {
  const Workplace w;
  REQUIRE(run(w.pretrain({"--steps", "1", "--tokenizer", with_bpe().out})).code == 0);
  CHECK(slurp(w.in_run("tokenizer.json")) == slurp(with_bpe().in_run("tokenizer.json")));
}

TEST_CASE("pretrain: a tokenizer or a vocabulary size that cannot be is refused") {
  const Workplace w;
  check_refused(run(w.pretrain({"--tokenizer", "wordpiece"})), 2,
                "wordpiece is neither char nor word nor bpe nor a folder");
  check_refused(run(w.pretrain({"--vocab-size", "300"})), 2, "--vocab-size 300 is for");
  check_refused(run(w.pretrain({"--tokenizer", "bpe", "--vocab-size", "256"})), 2,
                "--vocab-size 256 must have room");
  check_refused(run(w.pretrain({"--tokenizer", w.folder.path().string()})), 1, "no tokenizer");
  CHECK_FALSE(fs::exists(w.out));
}

TEST_CASE("a run with a BPE resumes to the bits of an unbroken one") {
  const Workplace whole, broken;
  const Arguments settings{"--steps", "6", "--tokenizer", "bpe", "--vocab-size", "265", "--quiet"};
  CHECK(run(whole.pretrain(settings)).code == 0);
  CHECK(run(broken.pretrain(settings + Arguments{"--stop-after", "2"})).code == 0);
  CHECK(run({"pretrain", "gpt", "--resume", broken.out, "--quiet"}).code == 0);
  CHECK((slurp(whole.in_run("model.safetensors")) == slurp(broken.in_run("model.safetensors"))));
}

TEST_CASE("evaluate: bits per byte counts the bytes of all tokens but the first") {
  const Workplace& w = with_bpe();
  const RunResult outcome = run({"evaluate", "--model", w.out, "--data", w.text, "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  const BPETokenizer tokenizer = BPETokenizer::load(w.out);
  const std::vector<int32_t> ids = tokenizer.encode(verses);
  REQUIRE(ids.size() < std::strlen(verses));
  CHECK(report.at("tokens") == ids.size() - 1);
  const size_t bytes = std::strlen(verses) - tokenizer.byte_ranges(ids)[0].end;
  const double nats = report.at("loss").get<double>() * static_cast<double>(ids.size() - 1);
  CHECK(report.at("bits_per_byte").get<double>() ==
        doctest::Approx(nats / std::log(2.0) / static_cast<double>(bytes)).epsilon(1e-9));
}

TEST_CASE("generate writes the bytes of a BPE's tokens") {
  const RunResult outcome = run({"generate", "--model", with_bpe().out, "--prompt", "my light",
                                 "--max-new-tokens", "20", "--seed", "1"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.starts_with("my light"));
  CHECK(outcome.out.size() >= 8 + 20 + 1);
}

TEST_CASE("tokenize: text to ids and back, whatever the bytes") {
  const BPETokenizer tokenizer = BPETokenizer::load(with_bpe().out);
  for (const char* option : {"--model", "--tokenizer"}) {
    const RunResult ids = tokenize(mixed_text, {option, with_bpe().out});
    CHECK(ids.code == 0);
    CHECK(ids.out == ids_as_text(tokenizer.encode(mixed_text)));
    const RunResult text = tokenize(ids.out, {option, with_bpe().out, "--decode"});
    CHECK(text.code == 0);
    CHECK(text.out == mixed_text);
  }
}

TEST_CASE("tokenize --json: ids, pieces and byte ranges") {
  const RunResult outcome = tokenize(mixed_text, {"--model", with_bpe().out, "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  const std::string text = mixed_text;
  size_t end = 0;
  for (size_t i = 0; i < report.at("tokens").size(); ++i) {
    const json& token = report.at("tokens")[i];
    CHECK(token.at("id") == report.at("ids")[i]);
    CHECK(token.at("begin") == end);
    end = token.at("end");
    const size_t begin = token.at("begin");
    if (token.at("piece") != "\ufffd") CHECK(token.at("piece") == text.substr(begin, end - begin));
  }
  CHECK(end == text.size());
}

TEST_CASE("tokenize --explain: bytes, then one merge a line with its rank") {
  const BPETokenizer tokenizer = BPETokenizer::load(with_bpe().out);
  const RunResult outcome = tokenize(" my", {"--model", with_bpe().out, "--explain"});
  REQUIRE(outcome.code == 0);
  std::string expected = "\u0120 m y\n";
  const std::vector<BPETokenizer::Explanation> pieces = tokenizer.explain(" my");
  REQUIRE(pieces.size() == 1);
  for (const auto& step : pieces[0].steps) {
    std::string line;
    for (const int32_t id : step.ids) {
      line += " " + to_byte_level(tokenizer.decode(std::span(&id, 1)));
    }
    expected += fmt::format("{:>8} {}\n", step.rank, line);
  }
  CHECK(contains(expected, "\u0120m"));
  CHECK(outcome.out == expected);
}

TEST_CASE("tokenize: WordPiece is explained word by word, and its ranges are those of the text") {
  const TemporaryFolder folder;
  folder.file("vocab.txt", "[UNK]\nthe\nun\n##aff\n##able\n");
  const Arguments model{"--tokenizer", folder.path().string()};
  const std::string text = "The  un\u00e0ffable";
  const RunResult explained = tokenize(text, model + Arguments{"--explain"});
  CAPTURE(explained.err);
  CHECK(explained.out ==
        fmt::format("{:<20}  the\n{:<20}  un ##aff ##able\n", "The", "un\u00e0ffable"));
  const json report = json::parse(tokenize(text, model + Arguments{"--json"}).out);
  CHECK(report.at("ids") == std::vector<int>{1, 2, 3, 4});
  CHECK(report.at("tokens").at(2) ==
        json{{"id", 3}, {"piece", "##aff"}, {"begin", 7}, {"end", 11}});
}

TEST_CASE("tokenize: what does not serve is refused") {
  const std::string model = with_bpe().out;
  check_refused(tokenize("x", {}), 2, "--tokenizer");
  check_refused(tokenize("x", {"--tokenizer", "/nonexistent"}), 1, "no tokenizer in this folder");
  check_refused(tokenize("x", {"--model", model, "--json", "--decode"}), 2, "--decode");
  check_refused(tokenize("", {"--model", model}), 1, "standard input: there is no text");
  check_refused(tokenize("1 2x", {"--model", model, "--decode"}), 1, "'2x' at position 1 is no id");
  check_refused(tokenize("1 9999999999", {"--model", model, "--decode"}), 1, "is no id");
  check_refused(tokenize("1 -2", {"--model", model, "--decode"}), 1, "id -2 at position 1");
  check_refused(tokenize("270", {"--model", model, "--decode"}), 1, "outside [0, 270)");
}

TEST_CASE("tokenize --out writes ids that pretrain reads: the same run as from the text") {
  const Workplace from_text, from_ids;
  const Arguments settings{"--steps", "4", "--quiet"};
  REQUIRE(run(from_text.pretrain(settings)).code == 0);
  const std::string ids = (from_ids.folder.path() / "ids").string();
  const Arguments tokenize_file{"tokenize", "--tokenizer", from_text.out, "--data", from_text.text};
  const RunResult written = run(tokenize_file + Arguments{"--out", ids});
  CHECK(written.code == 0);
  CHECK(written.out == "");
  CHECK(contains(written.err, fmt::format("{} ids", std::strlen(verses))));

  const auto pretrain = [&](const Arguments& more) {
    Arguments all = from_ids.pretrain(settings + more);
    *std::find(all.begin(), all.end(), from_ids.text) = ids;
    return run(all);
  };
  check_refused(pretrain({}), 1, "holds ids; --tokenizer must name the folder");
  check_refused(pretrain({"--tokenizer", with_bpe().out}), 1, "made by another tokenizer");
  CHECK(pretrain({"--tokenizer", from_text.out, "--stop-after", "2"}).code == 0);
  CHECK(run({"pretrain", "gpt", "--resume", from_ids.out, "--quiet"}).code == 0);
  CHECK((slurp(from_text.in_run("model.safetensors")) ==
         slurp(from_ids.in_run("model.safetensors"))));
}

TEST_CASE("tokenize of a text-to-text model shows what its encoder reads") {
  const Workplace w;
  const std::string& text = w.text;
  REQUIRE(run({"pretrain", "seq2seq", "--data", text, "--out", w.out, "--steps", "1", "--n-layer",
               "1", "--n-embd", "16", "--n-head", "2", "--source-length", "8", "--quiet"})
              .code == 0);
  const Seq2SeqTokenizer tokenizer = Seq2SeqTokenizer::load(w.out);
  std::vector<int32_t> ids = tokenizer.encode("my light");
  ids.push_back(tokenizer.tokens().end);
  const RunResult shown = tokenize("my light", {"--model", w.out});
  CAPTURE(shown.err);
  CHECK(shown.out == ids_as_text(ids));
  CHECK(tokenize(shown.out, {"--model", w.out, "--decode"}).out == "my light");
  const json report = json::parse(tokenize("my light", {"--model", w.out, "--json"}).out);
  CHECK(report["ids"] == ids);
  CHECK(report["tokens"].back()["piece"] == "</s>");
  CHECK(report["tokens"].back()["begin"] == 8);
  CHECK(tokenize("my light", {"--model", w.out, "--explain"}).out.ends_with("</s>\n"));
}
