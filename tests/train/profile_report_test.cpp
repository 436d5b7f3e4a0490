// The report of a profile, and the program that writes it.

#include "train/profile_report.h"

#include <map>

#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

TEST_CASE("the roof of an op is the arithmetic or the traffic, whichever takes longer") {
  const Peaks peaks{.flops = 100e9, .bytes = 10e9};
  const auto roof = [&](double seconds, Work work) {
    return roof_of({.op = "op", .seconds = seconds, .work = work}, peaks);
  };
  const Roof product = roof(2, {.flops = 100e9, .bytes = 1e9});
  CHECK(product.bound == Bound::arithmetic);
  CHECK(product.seconds == doctest::Approx(1));
  const Roof copy = roof(1, {.bytes = 5e9});
  CHECK(copy.bound == Bound::memory);
  CHECK(copy.seconds == doctest::Approx(0.5));
  CHECK(roof(1, {.flops = 10e9, .bytes = 5e9}).bound == Bound::memory);
  CHECK(roof(1, {.bytes = 20e9}).bound == Bound::caches);  // no memory is that fast
  const Roof cached_product = roof(1, {.flops = 40e9, .bytes = 20e9});
  CHECK(cached_product.bound == Bound::arithmetic);
  CHECK(cached_product.seconds == doctest::Approx(0.4));
  CHECK(roof(1, {}).bound == Bound::none);
}

TEST_CASE("rounded products have a roof of their own") {
  const Peaks peaks{.flops = 100e9, .bytes = 10e9, .rounded_flops = 200e9};
  for (const char* op : {"linear", "attention"}) {
    const ProfileRow row{.op = op, .pass = Pass::forward, .seconds = 4, .work = {.flops = 400e9}};
    CHECK(roof_of(row, peaks).seconds == doctest::Approx(2));
    CHECK(profile_verdict({.rows = {row}, .seconds = 4}, peaks) ==
          "100 % of the step is matrix products at 50 % of peak.");
  }
  CHECK(roof_of({.op = "matmul", .work = {.flops = 400e9}}, peaks).seconds == doctest::Approx(4));
}

TEST_CASE("the verdict names the share and speed of the products and the largest other cost") {
  const Peaks peaks{.flops = 100e9, .bytes = 10e9};
  StepProfile step{
      .rows = {{.op = "linear", .pass = Pass::forward, .seconds = 3, .work = {.flops = 240e9}},
               {.op = "linear", .pass = Pass::backward, .seconds = 4, .work = {.flops = 340e9}},
               {.op = "gelu", .pass = Pass::forward, .seconds = 0.4, .work = {.bytes = 1e9}},
               {.op = "gelu", .pass = Pass::backward, .seconds = 0.6, .work = {.bytes = 1e9}},
               {.op = "AdamW", .pass = Pass::update, .seconds = 0.8, .work = {.bytes = 1e9}},
               {.op = everything_else, .seconds = 1.1},
               {.op = noise, .seconds = 0.1}},
      .seconds = 10};
  const std::string verdict =
      "70 % of the step is matrix products at 83 % of peak; the largest other cost is gelu, 10 %";
  CHECK(profile_verdict(step, peaks) == verdict + ".");
  std::swap(step.rows[5].seconds, step.rows[6].seconds);
  CHECK(profile_verdict(step, peaks) == verdict + "; 11 % is noise.");
  step.rows.resize(2);
  CHECK(profile_verdict(step, peaks) == "70 % of the step is matrix products at 83 % of peak.");
}

TEST_CASE("the text of a profile: the longest row first, noise last, warnings and the verdict") {
  StepProfile step{.seconds = 4e-3};
  step.rows = {
      {.op = noise, .calls = 1, .seconds = 1.997e-3},
      {.op = "gelu", .pass = Pass::forward, .calls = 4, .seconds = 4e-4, .work = {.bytes = 2e6}},
      {.op = "view", .pass = Pass::forward, .calls = 5, .seconds = 1e-6},
      {.op = "view", .pass = Pass::backward, .calls = 4, .seconds = 2e-6},
      {.op = "linear",
       .pass = Pass::backward,
       .calls = 17,
       .seconds = 1.6e-3,
       .work = {.flops = 128e6, .bytes = 3.2e6}}};
  const ProfileReport report{.preset = "nano",
                             .step = step,
                             .unwatched_seconds = 3.9e-3,
                             .peaks = {.flops = 100e9, .bytes = 10e9},
                             .warnings = {"Something is slow."}};
  const std::string text = profile_text(report);
  CAPTURE(text);
  CHECK(contains(text, "nano: 4.000 ms a step (3.900 ms unwatched)"));
  const char* lines = R"(
op               pass     calls        ms    share   GFLOP/s     GB/s  roof       of peak   left ms
linear           backward    17     1.600   40.0 %      80.0      2.0  arithmetic    80 %     0.320
gelu             forward      4     0.400   10.0 %                5.0  memory        50 %     0.200
noise            update       1     1.997   49.9 %                     -                      1.997
2 more                        9     0.003    0.1 %
)";
  CHECK(contains(text, lines));
  CHECK(text.ends_with("Warning: Something is slow.\n" +
                       profile_verdict(report.step, report.peaks) + "\n"));
}

TEST_CASE("gradus bench --profile --json: rows that add up, peaks, warnings and a verdict") {
  const RunResult outcome =
      run({"--threads", "1", "bench", "--profile", "--preset", "nano", "--steps", "2", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  CHECK(report["preset"] == "nano");
  CHECK(report["threads"] == 1);
  CHECK(report["peak_gflops_per_second"] > 0);
  CHECK(report["peak_gbytes_per_second"] > 0);
  double sum = 0, share = 0;
  std::map<std::string, int64_t> calls;
  for (const json& row : report["rows"]) {
    sum += row["ms"].get<double>();
    share += row["share"].get<double>();
    calls[row["op"].get<std::string>() + " " + row["pass"].get<std::string>()] = row["calls"];
  }
  CHECK(sum == doctest::Approx(report["step_ms"].get<double>()).epsilon(1e-6));
  CHECK(share == doctest::Approx(1).epsilon(1e-6));
  CHECK(calls["linear forward"] == 17);
  CHECK(calls["linear backward"] == 17);
  CHECK(calls["attention backward"] == 4);
  for (const char* update : {"grad_norm", "AdamW", "zero_grad"}) {
    CHECK(calls[std::string(update) + " update"] == 1);
  }
  CHECK(report["warnings"].is_array());
  CHECK(contains(report["verdict"].get<std::string>(), "of the step is matrix products at"));
}

TEST_CASE("gradus bench --profile: a table for people, of nano unless another is named") {
  const RunResult outcome = run({"bench", "--profile", "--steps", "1"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.starts_with("nano: "));
  CHECK(contains(outcome.out, "\nlinear           backward    17 "));
  CHECK(contains(outcome.out, " of the step is matrix products at "));
  check_refused(run({"bench", "--profile", "--serve"}), 2, "excludes");
}

TEST_CASE("gradus bench --generate --json: tokens of one, four and eight texts beside reading") {
  const RunResult outcome =
      run({"--threads", "1", "bench", "--generate", "--preset", "nano", "--steps", "4", "--json"});
  REQUIRE(outcome.code == 0);
  const nlohmann::json rows = nlohmann::json::parse(outcome.out);
  REQUIRE(rows.size() == 3);
  // 804,096 weights but for 64 positions of 128; keys and values of 4 layers.
  const auto bytes = [](int64_t batch, int64_t context) {
    return static_cast<double>(sizeof(real)) *
           static_cast<double>(804'096 - 64 * 128 + batch * context * 2 * 4 * 128);
  };
  for (size_t i = 0; i < 3; ++i) {
    const nlohmann::json& row = rows[i];
    const int64_t batch = row.at("batch"), context = row.at("context");
    CHECK(batch == std::vector<int64_t>{1, 4, 8}[i]);
    CHECK(context >= 9);  // an eighth of 64, and the first token
    CHECK(row.at("bytes_per_step") == bytes(batch, context));
    CHECK(row.at("tokens_per_second").get<double>() ==
          doctest::Approx(1000 * static_cast<double>(batch) / row.at("step_ms").get<double>()));
    CHECK(row.at("share_of_bandwidth").get<double>() > 0);
  }
  check_refused(run({"bench", "--generate", "--preset", "bert-mini"}), 2, "does not generate");
  check_refused(run({"bench", "--generate", "--profile"}), 2, "excludes");
}
