// The program as a user runs it: the command line, what is refused, what a run leaves behind.

#include <doctest/doctest.h>

#include "nn/pretrained/gpt2.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

TEST_CASE(
    "--help on everything exits 0 and writes to stdout; --version names numbers and kernels") {
  for (const Arguments& command : {Arguments{},
                                   {"pretrain"},
                                   {"pretrain", "gpt"},
                                   {"generate"},
                                   {"evaluate"},
                                   {"params"},
                                   {"inspect"},
                                   {"tokenize"},
                                   {"bench"}}) {
    const RunResult outcome = run(command + Arguments{"--help"});
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.out, "Usage: gradus"));
    CHECK(outcome.err == "");
  }
  const RunResult version = run({"--version"});
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("gradus "));
  CHECK(contains(version.out, "-bit numbers"));
}

TEST_CASE("a wrong command line exits 2 and says what is wrong; nothing is made") {
  const Workplace w;
  const auto refused = [&](const Arguments& more, const std::string& part) {
    check_refused(run(w.pretrain(more)), 2, part);
    CHECK_FALSE(fs::exists(w.out));
  };
  check_refused(run({}), 2, "subcommand");
  check_refused(run({"pretrain"}), 2, "subcommand");
  check_refused(run({"params", "nano", "--nonsense"}), 2, "--nonsense");
  check_refused(run({"--threads", "0", "params", "nano"}), 2, "--threads");
  check_refused(run({"--kernels", "magic", "params", "nano"}), 2, "--kernels");
  check_refused(run({"pretrain", "gpt", "--data", w.text}), 2, "--out");
  check_refused(run({"pretrain", "gpt", "--out", w.out}), 2, "--data");
  check_refused(run({"pretrain", "gpt", "--resume", w.out, "--lr", "1"}), 2, "--resume");
  refused({"--stepz", "6"}, "--stepz");
  refused({"--lr", "nan"}, "--lr nan must be finite");
  refused({"--lr", "inf"}, "--lr inf must be finite");
  refused({"--lr", "-1"}, "--lr -1 must be");
  refused({"--lr", "fast"}, "--lr");
  refused({"--steps", "-1"}, "--steps -1 must not be negative");
  refused({"--accumulation", "0"}, "--accumulation 0 must be positive");
  refused({"--beta2", "1"}, "--beta2 1 must be in [0, 1)");
  refused({"--weight-decay", "inf"}, "--weight-decay inf");
  refused({"--clip", "nan"}, "--clip nan");
  refused({"--dropout", "1"}, "dropout = 1 must be in [0, 1)");
  refused({"--preset", "colossus"}, "there are nano, baby, gpt2");
  const Arguments small{"pretrain", "gpt", "--data", w.text, "--out", w.out};
  check_refused(run(small + Arguments{"--batch-size", "1e99"}), 2, "--batch-size");
  check_refused(run(small + Arguments{"--batch-size", "100000000000"}), 2, "--batch-size");
  check_refused(run(small + Arguments{"--n-head", "3"}), 2, "n_head = 3 must divide n_embd");
  check_refused(run(small + Arguments{"--n-layer", "0"}), 2, "n_layer = 0 must be positive");
  check_refused(run(small + Arguments{"--n-layer", "1000000000"}), 2, "n_layer");
  CHECK_FALSE(fs::exists(w.out));
}

TEST_CASE("a text that does not serve exits 1 with one sentence; nothing is made") {
  const Workplace w;
  const auto refused = [&](const std::string& data, const std::string& part) {
    check_refused(run({"pretrain", "gpt", "--data", data, "--out", w.out}), 1, part);
    CHECK_FALSE(fs::exists(w.out));
  };
  refused("/nonexistent/text", "/nonexistent/text");
  refused(w.folder.file("empty.txt", "").string(), "no text");
  refused(w.folder.file("short.txt", "too short").string(), "a block of 64 needs 65");
  refused(w.folder.file("binary.txt", "abc\xff\xfe" + std::string(200, 'x')).string(), "UTF-8");
  check_refused(run({"pretrain", "gpt", "--data", w.text, "--out", w.out, "--n-embd", "10000000"}),
                1, "the machine has");
  CHECK_FALSE(fs::exists(w.out));
}

TEST_CASE("pretrain leaves a run folder that is a model directory; stdout stays empty") {
  const Workplace w;
  const RunResult outcome =
      run(w.pretrain({"--steps", "6", "--eval-interval", "2", "--sample-interval", "3",
                      "--checkpoint-interval", "2"}));
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "");
  for (const char* name : {"config.json", "model.safetensors", "char_vocab.json", "training.json",
                           "samples/step-00000003.txt", "samples/step-00000006.txt",
                           "checkpoints/step-00000004/manifest.json",
                           "checkpoints/step-00000006/optimizer.safetensors"}) {
    CAPTURE(name);
    CHECK(fs::is_regular_file(w.in_run(name)));
  }
  CHECK(slurp(w.in_run("checkpoints/latest")) == "step-00000006\n");
  CHECK_FALSE(fs::exists(w.in_run("checkpoints/step-00000002")));  // two are kept
  CHECK(slurp(w.in_run("model.safetensors")) ==
        slurp(w.in_run("checkpoints/step-00000006/model.safetensors")));

  const std::vector<json> metrics = lines_of(w.in_run("metrics.jsonl"));
  REQUIRE(metrics.size() == 6);
  for (size_t i = 0; i < metrics.size(); ++i) {
    CHECK(metrics[i].at("step") == i + 1);
    for (const char* key : {"loss", "lr", "grad_norm", "tokens_per_second"}) {
      CHECK(metrics[i].at(key).is_number());
    }
    CHECK(metrics[i].contains("val_loss") == (i % 2 == 1));
  }
  CHECK(load_gpt2(w.out).config.n_embd == 16);
}

TEST_CASE("--quiet says nothing; zero steps still make a model") {
  const Workplace w;
  const RunResult outcome = run(w.pretrain({"--steps", "0", "--quiet"}));
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");
  CHECK(load_gpt2(w.out).config.n_layer == 1);
}

TEST_CASE("--out refuses a folder that holds a run or a model, and changes nothing in it") {
  const Workplace w;
  CHECK(run(w.pretrain()).code == 0);
  const std::string model = slurp(w.in_run("model.safetensors"));
  check_refused(run(w.pretrain()), 1, "there is a run in this folder already");
  fs::remove(w.in_run("training.json"));
  check_refused(run(w.pretrain()), 1, "there is a model in this folder already");
  CHECK(slurp(w.in_run("model.safetensors")) == model);
}

TEST_CASE("--resume refuses a folder without a run, and leaves nothing there") {
  const Workplace w;
  fs::create_directories(w.out);
  check_refused(run({"pretrain", "gpt", "--resume", w.out}), 1, "there is no run to resume");
  CHECK(fs::is_empty(w.out));
  check_refused(run({"pretrain", "gpt", "--resume", w.out + "/nowhere"}), 1, "no run to resume");
}

TEST_CASE("--kernels reference follows the fast kernels to four digits") {
  const Workplace fast, plain;
  const Arguments settings{"--steps", "5", "--warmup-steps", "1", "--lr", "0.01"};
  CHECK(run(fast.pretrain(settings)).code == 0);
  CHECK(run(Arguments{"--kernels", "reference"} + plain.pretrain(settings)).code == 0);
  const auto a = lines_of(fast.in_run("metrics.jsonl")),
             b = lines_of(plain.in_run("metrics.jsonl"));
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK(std::abs(a[i].at("loss").get<double>() - b[i].at("loss").get<double>()) < 1e-4);
  }
}

TEST_CASE("--lr keeps the proportion of the lowest rate, unless --min-lr says otherwise") {
  const auto lowest = [](const Arguments& more) {
    const Workplace w;
    REQUIRE(run(w.pretrain(Arguments{"--steps", "1", "--quiet"} + more)).code == 0);
    return json::parse(slurp(w.in_run("training.json"))).at("min_lr").get<double>();
  };
  const double usual = lowest({});
  CHECK(lowest({"--lr", "1e-5"}) == doctest::Approx(usual * 1e-5 / 1e-3));
  CHECK(lowest({"--min-lr", "2e-6", "--lr", "1e-5"}) == doctest::Approx(2e-6));
}
