// Runs that are stopped, killed, damaged or out of disk, and what becomes of them.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "nn/pretrained/gpt2.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

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

}  // namespace

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
      "--steps",           "4000", "--dropout",          "0.2", "--eval-interval", "1000",
      "--sample-interval", "1000", "--keep-checkpoints", "9"};
  const Workplace unbroken;
  CHECK(run(unbroken.pretrain(settings)).code == 0);
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
    const Workplace w;
    Process process(w.pretrain(settings));
    CHECK(wait_until([&] { return fs::exists(w.in_run("metrics.jsonl")); }));
    process.send(signal);
    const RunResult outcome = process.wait();
    CHECK(outcome.code == code);
    CHECK(contains(outcome.err, "--resume " + w.out));
    CHECK(slurp(w.in_run("checkpoints/latest")) != "step-00004000\n");
    const RunResult resumed = run({"pretrain", "gpt", "--resume", w.out});
    CHECK(resumed.code == 0);
    CHECK(contains(resumed.err, "goes on after step "));
    const std::string end = "checkpoints/step-00004000/model.safetensors";
    CHECK(slurp(w.in_run(end)).size() > 1000);
    CHECK((slurp(w.in_run(end)) == slurp(unbroken.in_run(end))));
  }
}

TEST_CASE("a finished run that is resumed shows what it writes once more") {
  const Workplace w;
  REQUIRE(run(w.pretrain()).code == 0);
  const RunResult again = run({"pretrain", "gpt", "--resume", w.out});
  CHECK(again.code == 0);
  CHECK(contains(again.err, "this run is finished: 6 of 6 steps"));
  CHECK(contains(again.err, slurp(w.in_run("samples/step-00000006.txt")).substr(0, 20)));
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
  for (int i = 0; i < 10 || (last == 0 && i < 100); ++i) {  // a slow disk needs longer to save
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
  const RunResult outcome = run({"pretrain", "gpt", "--resume", w.out, "--stop-after", "1"});
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
  const RunResult outcome =
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
  const RunResult outcome = run(w.pretrain(), [&] { dup2(ends[1], STDERR_FILENO); });
  close(ends[1]);
  CHECK(outcome.code == 0);
  CHECK(slurp(w.in_run("checkpoints/latest")) == "step-00000006\n");
}
