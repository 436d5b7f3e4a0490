// Heads that share keys and values: quality, cache, speed of generation.

#include <chrono>

#include "nn/formula.h"
#include "nn/generate.h"
#include "nn/names.h"
#include "train/experiments/all.h"
#include "train/experiments/small_gpt.h"

namespace gradus {
namespace {

std::vector<Arm> key_heads(const ExperimentOptions& o) {
  std::vector<Arm> arms;
  for (const int64_t heads : {4, 2, 1}) {
    arms.push_back(
        small_arm(fmt::format("{} of 4", heads), o, [=](GPTConfig& c) { c.kv_heads = heads; }));
  }
  return arms;
}

// Eight texts side by side, up to the end of the context.
double generated_per_second(const GPT& model) {
  const std::vector<std::vector<int32_t>> prompts(8, {0});
  const GenerateOptions options{.max_new_tokens = model.config.block_size - 1};
  const auto start = std::chrono::steady_clock::now();
  const auto texts = generate(model, prompts, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return static_cast<double>(texts.size() * texts.front().size()) / seconds.count();
}

}  // namespace

std::vector<Cell> kv_heads_cells(const ExperimentOptions& o) {
  return arm_cells(key_heads(o), o, [](const GPT& model, nlohmann::ordered_json& figures) {
    figures["cache_bytes"] = cache_bytes_per_token(model.config);
    figures["tokens_per_second"] = generated_per_second(model);
  });
}

Finding kv_heads_finding(const Cells& cells, const ExperimentOptions& o) {
  const std::vector<double> grouped = difference(cells, "2 of 4", "4 of 4", "loss", o);
  const std::vector<double> one = difference(cells, "1 of 4", "4 of 4", "loss", o);
  const auto bytes = [&](const char* arm) {
    return figure_of(by_seed(cells, arm, "cache_bytes", o)).mean;
  };
  Finding f{.outcome = all_of({are_below(grouped, as_good), are_above(minus(one, grouped))}),
            .sentence = fmt::format(
                "Against four heads of keys and values two lose {} nats and one {} (most of the "
                "quality: less than {}); the cache has {:.0f}, {:.0f} and {:.0f} bytes a "
                "token.",
                in_nats(grouped), in_nats(one), as_good, bytes("4 of 4"), bytes("2 of 4"),
                bytes("1 of 4")),
            .table = arm_table("key/value heads", key_heads(o), cells, o),
            .charts = {arm_chart(key_heads(o), cells, o)}};
  add_column(f.table, "cache bytes a token", cells, "cache_bytes", 0, o);
  add_column(f.table, "tokens/s, generated", cells, "tokens_per_second", 0, o);
  return f;
}

}  // namespace gradus
