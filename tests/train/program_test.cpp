// The program as a user runs it: what it says, writes and leaves behind.

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "autograd/mode.h"
#include "data/char_tokenizer.h"
#include "nn/pretrained/gpt2.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* verses =
    "When I consider how my light is spent,\nEre half my days, in this dark world and wide,\n"
    "And that one talent which is death to hide\nLodged with me useless, though my soul more bent\n"
    "To serve therewith my Maker, and present\nMy true account, lest he returning chide.\n";

// A folder with a text, and the arguments of a run on it that takes a moment.
struct Workplace {
  TemporaryFolder folder;
  std::string text = folder.file("text.txt", verses).string();
  std::string out = (folder.path() / "run").string();

  Arguments pretrain(const Arguments& more = {}) const {
    return Arguments{"pretrain",     "gpt", "--data",       text, "--out",    out,
                     "--n-layer",    "1",   "--n-embd",     "16", "--n-head", "2",
                     "--block-size", "8",   "--batch-size", "4"} +
           (more.empty() ? Arguments{"--steps", "6"} : more);
  }
  fs::path in_run(const std::string& name) const { return fs::path(out) / name; }
};

void check_refused(const Outcome& outcome, int code, const std::string& part) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out == "");
  CHECK(contains(outcome.err, part));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') <= 2);
}

std::vector<json> lines_of(const fs::path& file) {
  std::vector<json> lines;
  std::istringstream text(slurp(file));
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST_CASE(
    "--help on everything exits 0 and writes to stdout; --version names numbers and kernels") {
  for (const Arguments& command : {Arguments{},
                                   {"pretrain"},
                                   {"pretrain", "gpt"},
                                   {"generate"},
                                   {"evaluate"},
                                   {"params"},
                                   {"inspect"},
                                   {"bench"}}) {
    const Outcome outcome = run(command + Arguments{"--help"});
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.out, "Usage: gradus"));
    CHECK(outcome.err == "");
  }
  const Outcome version = run({"--version"});
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
  refused({"--lr", "1e99"}, "--lr inf must be finite");
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
  check_refused(
      run({"pretrain", "gpt", "--data", w.text, "--out", w.out, "--n-embd", "1000000000"}), 1,
      "the machine has");
  CHECK_FALSE(fs::exists(w.out));
}

TEST_CASE("pretrain leaves a run folder that is a model directory; stdout stays empty") {
  const Workplace w;
  const Outcome outcome = run(w.pretrain({"--steps", "6", "--eval-interval", "2",
                                          "--sample-interval", "3", "--checkpoint-interval", "2"}));
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
  const Outcome outcome = run(w.pretrain({"--steps", "0", "--quiet"}));
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

const Arguments demanding{"--steps",
                          "12",
                          "--dropout",
                          "0.2",
                          "--accumulation",
                          "2",
                          "--warmup-steps",
                          "2",
                          "--eval-interval",
                          "5",
                          "--sample-interval",
                          "4",
                          "--checkpoint-interval",
                          "100",
                          "--quiet"};

void check_same_end(const Workplace& a, const Workplace& b) {
  for (const char* name : {"model.safetensors", "optimizer.safetensors"}) {
    CAPTURE(name);
    const std::string file = std::string("checkpoints/step-00000012/") + name;
    CHECK(slurp(a.in_run(file)).size() > 1000);
    CHECK((slurp(a.in_run(file)) == slurp(b.in_run(file))));
  }
}

TEST_CASE("a resumed run ends with the bits of an unbroken one, with any number of threads") {
  const Workplace unbroken, broken;
  CHECK(run(unbroken.pretrain(demanding)).code == 0);
  CHECK(run(broken.pretrain(demanding + Arguments{"--stop-after", "5", "--threads", "1"})).code ==
        0);
  CHECK(run({"pretrain", "gpt", "--resume", broken.out, "--stop-after", "3", "--threads", "2"})
            .code == 0);
  CHECK(run({"pretrain", "gpt", "--resume", broken.out, "--threads", "4"}).code == 0);
  check_same_end(broken, unbroken);

  const auto losses = [](const Workplace& w) {
    std::vector<json> result;
    for (const json& line : lines_of(w.in_run("metrics.jsonl"))) {
      result.push_back({line.at("step"), line.at("loss"), line.value("val_loss", 0.0)});
    }
    return result;
  };
  CHECK(losses(broken) == losses(unbroken));

  const std::string before = slurp(broken.in_run("model.safetensors"));
  CHECK(run({"pretrain", "gpt", "--resume", broken.out}).code == 0);  // there is nothing left to do
  CHECK(slurp(broken.in_run("model.safetensors")) == before);
  for (const auto& entry : fs::directory_iterator(broken.out)) {
    CHECK_FALSE(contains(entry.path().filename().string(), ".tmp"));
  }
}

TEST_CASE("a run that was killed before its first checkpoint begins again") {
  const Workplace unbroken, killed;
  CHECK(run(unbroken.pretrain(demanding)).code == 0);
  CHECK(run(killed.pretrain(demanding + Arguments{"--stop-after", "3"})).code == 0);
  fs::remove_all(killed.in_run("checkpoints"));
  fs::remove(killed.in_run("model.safetensors"));
  CHECK(run({"pretrain", "gpt", "--resume", killed.out}).code == 0);
  check_same_end(killed, unbroken);
  CHECK(lines_of(killed.in_run("metrics.jsonl")).size() == 12);
}

TEST_CASE("SIGINT and SIGTERM save and exit 130 and 143; the resumed run ends bit for bit") {
  const Arguments settings{
      "--steps",           "1500", "--dropout",          "0.2", "--eval-interval", "1000",
      "--sample-interval", "1000", "--keep-checkpoints", "9"};
  const Workplace unbroken;
  CHECK(run(unbroken.pretrain(settings)).code == 0);
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
    const Workplace w;
    Process process(w.pretrain(settings));
    CHECK(wait_until([&] { return fs::exists(w.in_run("metrics.jsonl")); }));
    process.send(signal);
    const Outcome outcome = process.wait();
    CHECK(outcome.code == code);
    CHECK(contains(outcome.err, "--resume " + w.out));
    CHECK(slurp(w.in_run("checkpoints/latest")) != "step-00001500\n");
    CHECK(run({"pretrain", "gpt", "--resume", w.out}).code == 0);
    const std::string end = "checkpoints/step-00001500/model.safetensors";
    CHECK(slurp(w.in_run(end)).size() > 1000);
    CHECK((slurp(w.in_run(end)) == slurp(unbroken.in_run(end))));
  }
}

TEST_CASE("a second process in the same folder is refused while the first one trains") {
  const Workplace w;
  Process first(w.pretrain(
      {"--steps", "1000000", "--eval-interval", "1000000", "--sample-interval", "1000000"}));
  CHECK(wait_until([&] { return fs::exists(w.in_run("metrics.jsonl")); }));
  check_refused(run({"pretrain", "gpt", "--resume", w.out}), 1, "another process is training");
  check_refused(run(w.pretrain()), 1, "another process is training");
  CHECK(first.running());
}

TEST_CASE("a damaged checkpoint, another text or another tokenizer is refused by name") {
  const Workplace w;
  CHECK(run(w.pretrain({"--steps", "6", "--stop-after", "3"})).code == 0);
  const std::string checkpoint = "checkpoints/step-00000003/";
  const auto refused_with = [&](const std::string& name, const std::string& bytes,
                                const std::string& part) {
    CAPTURE(name);
    const std::string before = slurp(w.in_run(name));
    fs::remove(w.in_run(name));  // the model has a second name: write to none but this one
    if (bytes != "absent") w.folder.file("run/" + name, bytes);
    check_refused(run({"pretrain", "gpt", "--resume", w.out}), 1, part);
    w.folder.file("run/" + name, before);
  };
  const auto flipped = [&](const std::string& name) {
    std::string bytes = slurp(w.in_run(name));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    return bytes;
  };
  for (const char* name : {"model.safetensors", "optimizer.safetensors", "trainer_state.json"}) {
    refused_with(checkpoint + name, flipped(checkpoint + name), "damaged");
    refused_with(checkpoint + name, slurp(w.in_run(checkpoint + name)).substr(0, 20), "damaged");
    refused_with(checkpoint + name, "absent", "damaged");
  }
  refused_with(checkpoint + "manifest.json", "absent", "manifest.json");
  refused_with(checkpoint + "manifest.json", "{", "manifest.json");
  refused_with("checkpoints/latest", "absent", "latest");
  refused_with("checkpoints/latest", "../../elsewhere", "latest");
  refused_with("checkpoints/latest", "step-00000009", "step-00000009");
  refused_with("training.json", "{}", "training.json");
  refused_with("config.json", "{}", "config.json");
  refused_with("char_vocab.json", "absent", "tokenizer");

  w.folder.file("text.txt", std::string(verses) + "And more.\n");
  check_refused(run({"pretrain", "gpt", "--resume", w.out}), 1,
                "not the text that the run began with");
  w.folder.file("text.txt", verses);
  CHECK(run({"pretrain", "gpt", "--resume", w.out}).code == 0);  // all of it was put back
}

TEST_CASE("kill -9 at any moment of saving leaves a folder that goes on") {
  const Workplace w;
  const Arguments settings{"--steps",         "1000000", "--checkpoint-interval", "1",
                           "--eval-interval", "1000000", "--sample-interval",     "1000000"};
  int64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    const bool begun = fs::exists(w.in_run("training.json"));
    Process process(begun ? Arguments{"pretrain", "gpt", "--resume", w.out} : w.pretrain(settings));
    CHECK(wait_until([&] { return fs::exists(w.in_run("training.json")); }));
    std::this_thread::sleep_for(std::chrono::microseconds(120'000 + 7'919 * i));
    CHECK(process.running());
    process.send(SIGKILL);
    CHECK(process.wait().code == 128 + SIGKILL);
    if (!fs::exists(w.in_run("checkpoints/latest"))) continue;
    const int64_t step = std::stoll(slurp(w.in_run("checkpoints/latest")).substr(5));
    CHECK(step >= last);
    last = step;
  }
  CHECK(last > 0);
  const Outcome outcome = run({"pretrain", "gpt", "--resume", w.out, "--stop-after", "1"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(load_gpt2(w.out).config.n_embd == 16);
  CHECK(fs::exists(w.in_run(fmt::format("checkpoints/step-{:08}", last + 1))));
}

TEST_CASE("a full disk: the old checkpoint stays, training goes on, only the end fails") {
  const Workplace w;
  // The first session saves; in the second no file may grow beyond 4 KB: the model is larger.
  CHECK(run(w.pretrain({"--steps", "12", "--stop-after", "2", "--checkpoint-interval", "3",
                        "--sample-interval", "4"}))
            .code == 0);
  const std::string model = slurp(w.in_run("model.safetensors"));
  const rlimit tight{4096, 4096};
  const Outcome outcome =
      run({"pretrain", "gpt", "--resume", w.out}, [&] { setrlimit(RLIMIT_FSIZE, &tight); });
  CAPTURE(outcome.err);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.err, "warning: not saved, will try again"));
  CHECK(contains(outcome.err, "step     12"));
  CHECK(slurp(w.in_run("checkpoints/latest")) == "step-00000002\n");
  CHECK(slurp(w.in_run("model.safetensors")) == model);
  CHECK_FALSE(fs::exists(w.in_run("checkpoints/.tmp-step-00000012")));
  CHECK(run({"pretrain", "gpt", "--resume", w.out}).code == 0);
  CHECK(slurp(w.in_run("checkpoints/latest")) == "step-00000012\n");
}

TEST_CASE("nobody reads stderr: training goes on to its end") {
  const Workplace w;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const Outcome outcome = run(w.pretrain(), [&] { dup2(ends[1], STDERR_FILENO); });
  close(ends[1]);
  CHECK(outcome.code == 0);
  CHECK(slurp(w.in_run("checkpoints/latest")) == "step-00000006\n");
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

// One small trained model for the commands that read one.
const Workplace& trained() {
  static const Workplace w;
  static const int code =
      run(w.pretrain({"--steps", "60", "--warmup-steps", "5", "--lr", "0.01"})).code;
  REQUIRE(code == 0);
  return w;
}

TEST_CASE("evaluate: the loss of every character but the first, as computed by hand") {
  const Workplace& w = trained();
  const std::string text = "the world is wide and my days are spent";
  const std::string file = w.folder.file("evaluated.txt", text).string();
  const Outcome outcome = run({"evaluate", "--model", w.out, "--data", file, "--json"});
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

  const Outcome table = run({"evaluate", "--model", w.out, "--data", file, "--batch-size", "1"});
  CHECK(table.code == 0);
  CHECK(contains(table.out, fmt::format("{:.4f} nats per token", report.at("loss").get<double>())));
}

TEST_CASE("evaluate --split val measures the last tenth of the text") {
  const Workplace& w = trained();
  const Outcome outcome =
      run({"evaluate", "--model", w.out, "--data", w.text, "--split", "val", "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  const size_t n = std::string(verses).size();
  CHECK(report.at("tokens") == n - n * 9 / 10 - 1);
  CHECK(report.at("loss").get<double>() ==
        doctest::Approx(lines_of(w.in_run("metrics.jsonl")).back().at("val_loss").get<double>())
            .epsilon(1e-6));
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
    const Outcome outcome =
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

TEST_CASE("generate: a reader that goes away, a full or a closed stdout end it without a crash") {
  const Workplace& w = trained();
  const Arguments endless{"generate", "--model", w.out, "--max-new-tokens", "100000000"};
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const Outcome piped = run(endless, [&] { dup2(ends[1], STDOUT_FILENO); });
  close(ends[1]);
  CHECK(piped.code == 128 + SIGPIPE);
  const auto full = [] { dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO); };
  CHECK(run(endless, full).code == 1);
  CHECK(run({"params", "nano"}, full).code == 1);
  CHECK(run({"params", "nano"}, [] { close(STDOUT_FILENO); }).code == 1);
}

TEST_CASE("params: counts of presets and of folders, as a table and as JSON") {
  const Outcome gpt2 = run({"params", "gpt2"});
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
  check_refused(run({"params", "colossus"}), 1, "there are nano, baby, gpt2");
}

TEST_CASE("inspect: every tensor with type, shape and bytes") {
  const Workplace& w = trained();
  const Outcome table = run({"inspect", w.in_run("model.safetensors").string()});
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

}  // namespace
