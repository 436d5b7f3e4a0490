// --precision, as a user gives it.

#include <doctest/doctest.h>

#include "tensor/precision.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

const Arguments few_steps{"--steps", "6", "--quiet", "--precision"};

}  // namespace

#ifdef GRADUS_DOUBLE

TEST_CASE("a build in double precision refuses bfloat16 in one sentence") {
  const Workplace w;
  for (const char* name : {"bf16", "bf16-emulated"})
    check_refused(run(w.pretrain(few_steps + Arguments{name})), 2,
                  "a build in double precision has no bf16");
  check_refused(run({"bench", "--precision", "bf16"}), 2, "double precision");
  check_refused(run({"generate", "--model", "x", "--precision", "bf16"}), 2, "double precision");
}

#else

namespace {

std::string stored_precision(const Workplace& w) {
  return json::parse(slurp(w.in_run("training.json"))).at("precision").get<std::string>();
}

void store_precision(const Workplace& w, const char* name) {
  json settings = json::parse(slurp(w.in_run("training.json")));
  settings.erase("precision");
  if (name != nullptr) settings["precision"] = name;
  w.folder.file("run/training.json", settings.dump());
}

double last_loss(const Workplace& w) {
  return lines_of(w.in_run("metrics.jsonl")).back().at("loss").get<double>();
}

}  // namespace

TEST_CASE("a run in bf16-emulated says so in its folder and ends close to float32") {
  const Workplace plain, rounded;
  CHECK(run(plain.pretrain(few_steps + Arguments{"float32"})).code == 0);
  const RunResult outcome = run(rounded.pretrain(few_steps + Arguments{"bf16-emulated"}));
  CHECK(outcome.code == 0);
  CHECK(!contains(outcome.err, "warning"));
  CHECK(stored_precision(plain) == "float32");
  CHECK(stored_precision(rounded) == "bf16-emulated");
  CHECK(last_loss(rounded) != last_loss(plain));
  CHECK(std::abs(last_loss(rounded) - last_loss(plain)) < 0.02);
}

TEST_CASE("bf16 where the machine has none: one sentence, float32, and the folder says float32") {
  if (why_no_bf16().empty()) return;
  const Workplace plain, w;
  CHECK(run(plain.pretrain(few_steps + Arguments{"float32"})).code == 0);
  const RunResult outcome = run(w.pretrain(few_steps + Arguments{"bf16"}));
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.err, "warning: precision bf16: " + why_no_bf16() +
                                  ", so float32 is used instead (bf16-emulated"));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(stored_precision(w) == "float32");
  CHECK(last_loss(w) == last_loss(plain));
}

TEST_CASE("bf16 where the machine has it is what the folder says") {
  if (!why_no_bf16().empty()) return;
  const Workplace w;
  CHECK(run(w.pretrain(few_steps + Arguments{"bf16"})).err == "");
  CHECK(stored_precision(w) == "bf16");
}

TEST_CASE("a resumed run keeps its precision, and ends with the bits of an unbroken one") {
  const Workplace unbroken, broken;
  const Arguments settings = few_steps + Arguments{"bf16-emulated"};
  CHECK(run(unbroken.pretrain(settings + Arguments{"--threads", "1"})).code == 0);
  CHECK(run(broken.pretrain(settings + Arguments{"--stop-after", "3"})).code == 0);
  const Arguments resume{"pretrain", "gpt", "--resume", broken.out, "--quiet"};
  check_refused(run(resume + Arguments{"--precision", "float32"}), 2,
                "a run goes on with the settings it began with");
  CHECK(run(resume).code == 0);
  CHECK(stored_precision(broken) == "bf16-emulated");
  CHECK((slurp(broken.in_run("model.safetensors")) == slurp(unbroken.in_run("model.safetensors"))));
}

TEST_CASE("a folder without a precision is float32; one with bf16 goes on in what there is") {
  const Workplace w;
  CHECK(run(w.pretrain(few_steps + Arguments{"float32", "--stop-after", "2"})).code == 0);
  const Arguments resume{"pretrain", "gpt", "--resume", w.out, "--stop-after", "1", "--quiet"};
  store_precision(w, nullptr);
  CHECK(run(resume).err == "");
  store_precision(w, "bf16");
  const RunResult outcome = run(resume);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.err, "float32 is used instead") != why_no_bf16().empty());
  CHECK(stored_precision(w) == (why_no_bf16().empty() ? "bf16" : "float32"));
  store_precision(w, "bf17");
  check_refused(run(resume), 1, "there is no precision 'bf17'");
}

TEST_CASE("bench measures steps and floor in the precision asked for and says which") {
  const RunResult outcome =
      run({"bench", "--preset", "nano", "--steps", "1", "--precision", "bf16-emulated", "--json"});
  CHECK(outcome.code == 0);
  const json report = json::parse(outcome.out);
  CHECK(report[0].at("precision") == "bf16-emulated");
  CHECK(report[0].at("floor_ms") > 0);
}

TEST_CASE("bench --profile times the precision that is asked for, beside its peak") {
  const RunResult outcome = run({"--threads", "1", "bench", "--profile", "--preset", "nano",
                                 "--steps", "1", "--precision", "bf16-emulated", "--json"});
  const json report = json::parse(outcome.out);
  CHECK(report.at("precision") == "bf16-emulated");
  CHECK(report.at("rounded_peak_gflops_per_second") != report.at("peak_gflops_per_second"));
  CHECK(contains(run({"bench", "--profile", "--steps", "1", "--precision", "bf16-emulated"}).out,
                 "in bf16-emulated)"));
}

TEST_CASE("generate --precision bf16 serves on every machine") {
  const Workplace w;
  REQUIRE(run(w.pretrain({"--steps", "2", "--quiet"})).code == 0);
  const Arguments generate{"generate",         "--model", w.in_run("").string(), "--prompt", "the ",
                           "--max-new-tokens", "8",       "--precision"};
  const RunResult outcome = run(generate + Arguments{"bf16"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");
  CHECK(outcome.out.starts_with("the "));
  check_refused(run(generate + Arguments{"bf16-emulated"}), 2, "--precision");
}

TEST_CASE("bench --generate in bfloat16 reads matrices of two bytes a number") {
  const RunResult outcome = run({"bench", "--generate", "--preset", "nano", "--steps", "2",
                                 "--precision", "bf16-emulated", "--json"});
  REQUIRE(outcome.code == 0);
  const json row = json::parse(outcome.out)[0];
  CHECK(row.at("precision") == "bf16-emulated");
  // Of 804,096 weights 9 norms of 128 are no matrices, and 64 positions are looked up; keys and
  // values of 4 layers are float32.
  const int64_t context = row.at("context"), norms = 9 * 128;
  CHECK(row.at("bytes_per_step").get<int64_t>() ==
        2 * (804'096 - 64 * 128 - norms) + 4 * (norms + context * 2 * 4 * 128));
}

#endif

TEST_CASE("a precision that does not exist is refused, and --version says what there is") {
  const Workplace w;
  check_refused(run(w.pretrain(few_steps + Arguments{"bf17"})), 2, "--precision");
  const std::string expected = why_no_bf16().empty() ? "bf16: yes" : "bf16: no (" + why_no_bf16();
  CHECK(contains(run({"--version"}).out, expected));
}
