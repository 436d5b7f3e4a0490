// The commands that read a model: evaluate, generate, params, inspect. And corpus, which writes
// text.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "autograd/mode.h"
#include "data/char_tokenizer.h"
#include "nn/pretrained/gpt2.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// One small trained model for the commands that read one.
const Workplace& trained() {
  static const Workplace w;
  static const int code =
      run(w.pretrain({"--steps", "60", "--warmup-steps", "5", "--lr", "0.01"})).code;
  REQUIRE(code == 0);
  return w;
}

}  // namespace

TEST_CASE("evaluate: the loss of every character but the first, as computed by hand") {
  const Workplace& w = trained();
  const std::string text = "the world is wide and my days are spent";
  const std::string file = w.folder.file("evaluated.txt", text).string();
  const RunResult outcome = run({"evaluate", "--model", w.out, "--data", file, "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  CHECK(report.size() == 4);
  CHECK(report.at("tokens") == text.size() - 1);

  // Blocks of 8: character i is predicted from those since the start of its block.
  const GPT model = load_gpt2(w.out);
  const std::vector<int32_t> ids = CharTokenizer::load(w.out).encode(text);
  const EvalMode evaluation;
  double nats = 0;
  for (size_t i = 1; i < ids.size(); ++i) {
    const size_t start = (i - 1) / 8 * 8;
    const int64_t T = static_cast<int64_t>(i - start);
    const Tensor logits = model(Tokens({1, T}, std::span(ids).subspan(start, i - start)));
    const std::vector<real> row = logits.select(1, T - 1).to_vector();
    double total = 0;
    for (const real x : row) total += std::exp(static_cast<double>(x));
    nats += std::log(total) - static_cast<double>(row[static_cast<size_t>(ids[i])]);
  }
  const double targets = static_cast<double>(text.size() - 1), loss = nats / targets;
  CHECK(report.at("loss").get<double>() == doctest::Approx(loss).epsilon(1e-5));
  CHECK(report.at("perplexity").get<double>() == doctest::Approx(std::exp(loss)).epsilon(1e-4));
  CHECK(report.at("bits_per_byte").get<double>() ==
        doctest::Approx(loss / std::log(2.0)).epsilon(1e-5));

  const RunResult table = run({"evaluate", "--model", w.out, "--data", file, "--batch-size", "1"});
  CHECK(table.code == 0);
  CHECK(contains(table.out, fmt::format("{:.4f} nats per token", report.at("loss").get<double>())));
}

TEST_CASE("evaluate --split val measures the last tenth of the text") {
  const Workplace& w = trained();
  const RunResult outcome =
      run({"evaluate", "--model", w.out, "--data", w.text, "--split", "val", "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  const size_t n = std::string(verses).size();
  CHECK(report.at("tokens") == n - n * 9 / 10 - 1);
  CHECK(report.at("loss").get<double>() ==
        doctest::Approx(lines_of(w.in_run("metrics.jsonl")).back().at("val_loss").get<double>())
            .epsilon(1e-6));
}

TEST_CASE("evaluate --ablate: the loss without a part beside that of the whole model") {
  const Workplace& w = trained();
  const Arguments command{"evaluate", "--model", w.out, "--data", w.text};
  const json whole = json::parse(run(command + Arguments{"--json"}).out);
  const RunResult outcome = run(command + Arguments{"--json", "--ablate", "h.*.attn.v.weight=zero",
                                                    "--ablate", "wte.weight=random"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  CHECK(report.at("ablated") == json{"h.0.attn.v.weight", "wte.weight"});
  CHECK(report.at("loss_before_ablation") == whole.at("loss"));
  CHECK(report.at("loss").get<double>() > whole.at("loss").get<double>() + 0.1);
  CHECK(contains(run(command + Arguments{"--ablate", "h.0.*=zero"}).out, "without 9 parts "));
  check_refused(run(command + Arguments{"--ablate", "nothing=zero"}), 1,
                "'nothing' names no parameter");
  check_refused(run(command + Arguments{"--ablate", "wte.weight=half"}), 2,
                "'wte.weight=half' is not PATTERN=zero, mean or random");
}

TEST_CASE("evaluate and generate: what does not fit the model is refused") {
  const Workplace& w = trained();
  check_refused(run({"evaluate", "--model", w.out, "--data", "/nonexistent"}), 1, "/nonexistent");
  check_refused(run({"evaluate", "--model", "/nonexistent", "--data", w.text}), 1, "/nonexistent");
  const std::string digits = w.folder.file("digits.txt", "12345").string();
  check_refused(run({"evaluate", "--model", w.out, "--data", digits}), 1, "'1' (U+0031)");
  check_refused(run({"generate", "--model", w.out, "--prompt", "7"}), 1, "'7' (U+0037)");
  check_refused(run({"generate", "--model", w.out, "--prompt", ""}), 1, "the prompt is empty");
  check_refused(run({"generate", "--model", w.out, "--temperature", "-1"}), 2, "--temperature");
  check_refused(run({"generate", "--model", w.out, "--top-p", "1.5"}), 2, "--top-p");
  check_refused(run({"generate", "--model", w.out, "--max-new-tokens", "many"}), 2,
                "--max-new-tokens");
}

TEST_CASE("generate: the prompt, so many characters, a newline; decided by the seed alone") {
  const Workplace& w = trained();
  const auto text = [&](const Arguments& more) {
    const RunResult outcome =
        run(Arguments{"generate", "--model", w.out, "--prompt", "my ", "--max-new-tokens", "40"} +
            more);
    CHECK(outcome.code == 0);
    CHECK(outcome.err == "");
    return outcome.out;
  };
  const std::string first = text({"--seed", "1"});
  CHECK(first.starts_with("my "));
  CHECK(first.size() == 3 + 40 + 1);
  CHECK(text({"--seed", "1", "--threads", "1"}) == first);
  CHECK(text({"--seed", "2"}) != first);
  const std::string greedy = text({"--temperature", "0"});
  CHECK(text({"--temperature", "0", "--no-cache", "--seed", "9"}) == greedy);
  CHECK(text({"--top-k", "1"}) == greedy);
}

TEST_CASE("generate: sampling options outside their range are mistakes on the command line") {
  const auto refused = [](const Arguments& more, const std::string& part) {
    check_refused(run(Arguments{"generate", "--model", trained().out} + more), 2, part);
  };
  refused({"--min-p", "1.5"}, "--min-p");
  refused({"--top-p", "0"}, "top_p 0 must be in (0, 1]");
  refused({"--repetition-penalty", "0"}, "repetition_penalty 0 must be finite and positive");
  refused({"--stop", ""}, "a stop string is empty");
  refused({"--samples", "0"}, "--samples");
  refused({"--prompt", "my", "--prompts", trained().text}, "excludes");
}

TEST_CASE("generate --samples: texts written together are those of the next seeds") {
  const Workplace& w = trained();
  const auto text = [&](const Arguments& more) {
    const RunResult outcome = run(Arguments{"generate", "--model", w.out, "--max-new-tokens", "20",
                                            "--min-p", "0.01", "--repetition-penalty", "1.1"} +
                                  more);
    CHECK(outcome.code == 0);
    return outcome.out;
  };
  const std::string together = text({"--prompt", "my ", "--seed", "4", "--samples", "3"});
  CHECK(together == text({"--prompt", "my ", "--seed", "4"}) + "---\n" +
                        text({"--prompt", "my ", "--seed", "5"}) + "---\n" +
                        text({"--prompt", "my ", "--seed", "6"}));
  const std::string prompts = w.folder.file("prompts.txt", "my\nI\n").string();
  const std::string two = text({"--prompt", "my", "--prompt", "I"});
  CHECK(two == text({"--prompt", "my"}) + "---\n" + text({"--prompt", "I", "--seed", "1338"}));
  CHECK(text({"--prompts", prompts}) == two);
}

TEST_CASE("generate --stop: the text ends before the string") {
  const Workplace& w = trained();
  const Arguments command{"generate", "--model",  w.out, "--max-new-tokens",
                          "30",       "--prompt", "my "};
  const std::string all = run(command).out;
  const std::string stop = all.substr(12, 2);
  const std::string made = all.substr(3);
  CHECK(run(command + Arguments{"--stop", "no such text", "--stop", stop}).out ==
        "my " + made.substr(0, made.find(stop)) + "\n");
}

TEST_CASE("generate --show-probabilities: a line per token with what else was likely") {
  const RunResult outcome =
      run({"generate", "--model", trained().out, "--prompt", "my ", "--max-new-tokens", "3",
           "--temperature", "0", "--show-probabilities", "--verbose"});
  CHECK(outcome.code == 0);
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "\"my \"");
  int64_t count = 0;
  for (; std::getline(lines, line); ++count) {
    CAPTURE(line);
    // Greedy: the token is the most likely one, so its probability stands there twice.
    const std::string share = line.substr(0, line.find(" %"));
    CHECK(contains(line.substr(10), share.substr(share.find_first_not_of(' ')) + " %"));
  }
  CHECK(count == 3);
  CHECK(outcome.err.starts_with("3 tokens, "));
  CHECK(outcome.err.ends_with(" tokens/s\n"));
}

TEST_CASE("generate: a reader that goes away, a full or a closed stdout end it without a crash") {
  const Workplace& w = trained();
  const Arguments endless{"generate", "--model", w.out, "--max-new-tokens", "100000000"};
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const RunResult piped = run(endless, [&] { dup2(ends[1], STDOUT_FILENO); });
  close(ends[1]);
  CHECK(piped.code == 128 + SIGPIPE);
  const auto full = [] { dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO); };
  CHECK(run(endless, full).code == 1);
  CHECK(run({"params", "nano"}, full).code == 1);
  CHECK(run({"params", "nano"}, [] { close(STDOUT_FILENO); }).code == 1);
}

TEST_CASE("params: counts of presets and of folders, as a table and as JSON") {
  const RunResult gpt2 = run({"params", "gpt2"});
  CHECK(gpt2.code == 0);
  CHECK(contains(gpt2.out, "124439808"));
  // nanoGPT's character model: 65·128 + 64·128 + 4·(2·128 + 12·128²) + 128, without biases.
  const json nano = json::parse(run({"params", "nano", "--vocab-size", "65", "--json"}).out);
  CHECK(nano.at("parameters") == 65 * 128 + 64 * 128 + 4 * (2 * 128 + 12 * 128 * 128) + 128);
  CHECK(nano.at("groups").at("attention") == 4 * 4 * 128 * 128);
  CHECK(nano.at("tensors").at(0).at("name") == "wte.weight");
  CHECK(nano.at("tensors").at(0).at("shape") == json{65, 128});
  const json folder = json::parse(run({"params", trained().out, "--json"}).out);
  CHECK(folder.at("groups").at("MLP") == 8 * 16 * 16);
  check_refused(run({"params", "colossus"}), 2,
                "colossus is neither a folder nor a preset: nano, baby");
}

TEST_CASE("inspect: every tensor with type, shape and bytes") {
  const Workplace& w = trained();
  const RunResult table = run({"inspect", w.in_run("model.safetensors").string()});
  CHECK(table.code == 0);
  CHECK(contains(table.out, "transformer.wpe.weight"));
  CHECK(contains(table.out, "(8, 16)"));
  const json report = json::parse(run({"inspect", w.out, "--json"}).out);
  bool found = false;
  for (const json& tensor : report.at("tensors")) {
    if (tensor.at("name") != "transformer.wpe.weight") continue;
    found = true;
    CHECK(tensor.at("shape") == json{8, 16});
    CHECK(tensor.at("bytes") == 8 * 16 * sizeof(real));
  }
  CHECK(found);
  CHECK(report.at("metadata").at("format") == "pt");
  check_refused(run({"inspect", w.text}), 1, w.text);
  check_refused(run({"inspect", "/nonexistent"}), 1, "/nonexistent");
}

TEST_CASE("corpus: stories by line, and one JSON object each that says the same") {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "a" / "b").string();
  const RunResult outcome =
      run({"corpus", "--out", out, "--stories", "20", "--seed", "3", "--json"});
  REQUIRE(outcome.code == 0);
  std::string expected;
  double nats = 0;
  const std::vector<json> lines = lines_of(fs::path(out) / "stories.jsonl");
  REQUIRE(lines.size() == 20);
  for (const json& line : lines) {
    const std::string text = line.at("text");
    if (!expected.empty()) expected += "\n";
    for (const json& span : line.at("sentences")) {
      const size_t begin = span[0], end = span[1];
      expected += text.substr(begin, end - begin) + "\n";
    }
    for (const json& q : line.at("questions")) {
      const size_t begin = q.at("span")[0], end = q.at("span")[1];
      CHECK(q.at("answer") == text.substr(begin, end - begin));
    }
    CHECK((line.at("sentiment") == "happy" || line.at("sentiment") == "sad"));
    nats += line.at("nats").get<double>();
  }
  CHECK(slurp(fs::path(out) / "stories.txt") == expected);
  const json report = json::parse(outcome.out);
  CHECK(report.at("nats").get<double>() == doctest::Approx(nats));
  CHECK(report.at("bytes") == expected.size());
  CHECK(contains(outcome.err, fmt::format("{:.4f} nats per story", nats / 20)));
}

TEST_CASE("corpus: the seed decides, and nonsense is refused") {
  const TemporaryFolder folder;
  const auto text = [&](const std::string& name, const std::string& seed) {
    const std::string out = (folder.path() / name).string();
    CHECK(run({"corpus", "--out", out, "--stories", "5", "--seed", seed}).code == 0);
    return slurp(fs::path(out) / "stories.txt");
  };
  const std::string first = text("a", "1");
  CHECK(text("b", "1") == first);
  CHECK(text("c", "2") != first);
  const std::string out = (folder.path() / "d").string();
  check_refused(run({"corpus", "--out", out, "--stories", "0"}), 2, "--stories");
  check_refused(run({"corpus", "--out", out, "--stories", "many"}), 2, "--stories");
  check_refused(run({"corpus", "--out", out}), 2, "--stories");
  const std::string file = folder.file("file", "x").string();
  check_refused(run({"corpus", "--out", file + "/sub", "--stories", "1"}), 1, "file/sub");
  CHECK(!fs::exists(out));
}
