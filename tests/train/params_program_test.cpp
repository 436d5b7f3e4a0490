// gradus params with the switches of the block.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

TEST_CASE("params: what a switch would cost, of presets and of folders, without training") {
  const Workplace w;
  REQUIRE(run(w.pretrain({"--steps", "0", "--quiet"})).code == 0);
  const auto count = [](const Arguments& arguments) {
    const RunResult said = run(Arguments{"params", "--json"} + arguments);
    CAPTURE(said.err);
    REQUIRE(said.code == 0);
    return json::parse(said.out);
  };
  const int64_t C = 128, L = 4, V = 50304, T = 64;
  const int64_t nano = count({"nano", "--vocab-size", "50304"})["parameters"];
  const Arguments asked{"nano", "--vocab-size", "50304"};
  const auto parameters = [&](const Arguments& more) -> int64_t {
    const json report = count(asked + more);
    CHECK(report["parameters_without_switches"] == nano);
    return report["parameters"];
  };
  CHECK(parameters({"--positions", "rope"}) == nano - T * C);
  CHECK(parameters({"--block-size", "128"}) == nano + T * C);
  CHECK(parameters({"--tie-weights", "false"}) == nano + V * C);
  CHECK(parameters({"--kv-heads", "2", "--bias", "false"}) == nano - L * C * C);
  CHECK(parameters({"--window", "8"}) == nano);
  CHECK(contains(run(Arguments{"params"} + asked + Arguments{"--positions", "rope"}).out,
                 fmt::format("the switches: {} -> {} parameters (-8192", nano, nano - 8192)));
  const int64_t bert = count({"bert-tiny"})["parameters"];
  CHECK(count({"bert-tiny", "--n-layer", "4"})["parameters_without_switches"] == bert);
  CHECK(count({"t5-tiny", "--n-layer", "3"})["parameters"].get<int64_t>() >
        count({"t5-tiny"})["parameters"].get<int64_t>());
  CHECK(count({w.out, "--n-layer", "3"})["parameters"].get<int64_t>() >
        count({w.out})["parameters"].get<int64_t>());

  check_refused(run({"params", "nano", "--kv-heads", "3"}), 2, "kv_heads");
  check_refused(run({"params", "t5-tiny", "--window", "8"}), 2, "t5-tiny has no use for --window");
  check_refused(run({"params", "bert-tiny", "--tie-weights", "false"}), 2,
                "bert-tiny has no use for --tie-weights");
  check_refused(run({"params", w.out, "--weights", "w.html", "--n-layer", "2"}), 1,
                "learned nothing");
}

TEST_CASE("params: cache and arithmetic of decoders, encoders and both") {
  const auto facts = [](const char* preset) {
    return json::parse(run({"params", preset, "--json"}).out);
  };
  const json gpt = facts("gpt2"), bert = facts("bert-mini"), t5 = facts("t5-tiny");
  CHECK(gpt["cache_bytes_per_token"] == 2 * 12 * 768 * sizeof(real));
  CHECK_FALSE(bert.contains("cache_bytes_per_token"));
  // 4 layers of 12 C² twice, and scores over 512 tokens.
  CHECK(bert["forward_flops_per_token"] == 4 * (2 * 12 * 256 * 256 + 4 * 256 * 512));
  CHECK(t5["cache_bytes_per_token"] == 2 * 2 * 128 * sizeof(real));
  CHECK(t5["forward_flops_per_token"]["target"] > t5["forward_flops_per_token"]["source"]);
  CHECK(contains(run({"params", "gpt2", "--window", "256"}).out, "of the last 256 tokens"));
  CHECK(contains(run({"params", "t5-tiny"}).out, "a token of source and target alike"));
}
