// Attention in a sliding window: time and memory against the length of the text, and how far a
// token sees through the layers.

#include <algorithm>
#include <chrono>

#include "autograd/ops.h"
#include "nn/block.h"
#include "tensor/allocator.h"
#include "tensor/random.h"
#include "train/experiments/all.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

constexpr int64_t measured_window = 256, window_heads = 4, window_head_size = 32;

std::vector<int64_t> lengths(const ExperimentOptions& o) {
  std::vector<int64_t> all{512, 1024, 2048, 4096};
  if (!o.quick) all.insert(all.end(), {8192, 16384});
  return all;
}

// Forward and backward of one layer's attention over N tokens, the fastest of some tries.
ordered_json time_and_memory(int64_t N, int64_t W) {
  const Shape shape{1, N, window_heads, window_head_size};
  Tensor q = randn(shape, {1, 1}).requires_grad_(), k = randn(shape, {1, 2}).requires_grad_(),
         v = randn(shape, {1, 3}).requires_grad_();
  double best_ms = 1e30, total_ms = 0;
  int64_t peak = 0;
  for (int i = 0; i < 20 && (i < 3 || total_ms < 2000); ++i) {
    release_cached_memory();
    const int64_t before = memory_stats().live_bytes;
    reset_peak_memory();
    const auto start = std::chrono::steady_clock::now();
    sum(attention(q, k, v, {.causal = true, .window = W})).backward();
    const std::chrono::duration<double, std::milli> ms = std::chrono::steady_clock::now() - start;
    best_ms = std::min(best_ms, ms.count());
    total_ms += ms.count();
    peak = memory_stats().peak_bytes - before;
    for (Tensor* x : {&q, &k, &v}) x->zero_grad();
  }
  return {{"ms", best_ms}, {"mb", static_cast<double>(peak) / 1e6}};
}

// How many places back the last of T tokens sees through some layers: where its gradient is not 0.
ordered_json receptive_field(int64_t layers, int64_t W) {
  constexpr int64_t T = 64, C = 16;
  manual_seed(1);
  const BlockConfig config{.n_embd = C, .n_head = 2, .window = W};
  Tensor x = randn({1, T, C}, {2, 1}).requires_grad_();
  Tensor h = x;
  for (int64_t l = 0; l < layers; ++l) h = Block(config)(h);
  sum(h.select(1, T - 1)).backward();
  int64_t first = 0;
  const auto no_gradient = [&](int64_t t) {
    const Tensor dx = x.grad().select(1, t).contiguous();
    return std::all_of(dx.data(), dx.data() + dx.numel(), [](real g) { return g == 0; });
  };
  while (first < T && no_gradient(first)) ++first;
  return {{"places", T - 1 - first}};
}

std::string timing(const char* kind, int64_t N) { return fmt::format("{}/{}", kind, N); }
std::string field(int64_t layers, int64_t W) {
  return fmt::format("field/{} layers/window {}", layers, W);
}
constexpr int64_t field_layers[] = {1, 2, 3, 4};
constexpr int64_t field_windows[] = {2, 4, 8};

double figure(const Cells& cells, const std::string& name, const char* what) {
  return cells.at(name).at(what).get<double>();
}

}  // namespace

std::vector<Cell> window_cells(const ExperimentOptions& o) {
  std::vector<Cell> cells;
  for (const int64_t N : lengths(o)) {
    cells.push_back({timing("window", N), [N] { return time_and_memory(N, measured_window); }});
    cells.push_back({timing("full", N), [N] { return time_and_memory(N, 0); }});
  }
  for (const int64_t L : field_layers) {
    for (const int64_t W : field_windows) {
      cells.push_back({field(L, W), [=] { return receptive_field(L, W); }});
    }
  }
  return cells;
}

// From the second longest text to the longest, twice as long, linear cost doubles and quadratic
// cost becomes four times as much.
Finding window_finding(const Cells& cells, const ExperimentOptions& o) {
  Finding f{.table = {{"tokens", fmt::format("window {}: ms", measured_window), "MB",
                       "all keys: ms", "MB"}}};
  Chart time{.title = "time of attention, forward and backward",
             .x_label = "tokens",
             .y_label = "ms",
             .series = {{"all keys", "train", {}, true},
                        {fmt::format("window {}", measured_window), "val", {}, true}},
             .from_zero = true};
  const std::vector<int64_t> all = lengths(o);
  for (const int64_t N : all) {
    const std::string windowed = timing("window", N), full = timing("full", N);
    f.table.push_back({fmt::format("{}", N), fmt::format("{:.2f}", figure(cells, windowed, "ms")),
                       fmt::format("{:.1f}", figure(cells, windowed, "mb")),
                       fmt::format("{:.2f}", figure(cells, full, "ms")),
                       fmt::format("{:.1f}", figure(cells, full, "mb"))});
    time.series[0].points.push_back({static_cast<double>(N), figure(cells, full, "ms")});
    time.series[1].points.push_back({static_cast<double>(N), figure(cells, windowed, "ms")});
  }
  f.charts.push_back(to_svg(time));
  const auto growth = [&](const char* kind, const char* what) {
    return figure(cells, timing(kind, all.back()), what) /
           figure(cells, timing(kind, all[all.size() - 2]), what);
  };
  bool exact = true;
  for (const int64_t L : field_layers) {
    for (const int64_t W : field_windows) {
      exact = exact && cells.at(field(L, W)).at("places") == L * (W - 1);
    }
  }
  const double linear = growth("window", "ms"), quadratic = growth("full", "ms");
  const double memory = growth("window", "mb"), full_memory = growth("full", "mb");
  const bool as_claimed =
      exact && linear < 2.5 && quadratic > 3 && memory < 2.2 && full_memory < 2.2;
  const bool contradicted = !exact || linear > 3.2 || memory > 2.5;
  f.outcome = as_claimed     ? Outcome::holds
              : contradicted ? Outcome::does_not_hold
                             : Outcome::inconclusive;
  f.sentence = fmt::format(
      "From {} to {} tokens the time in a window grows {:.2f} times and memory {:.2f} times; over "
      "all keys {:.2f} and {:.2f} times. Through L layers of a window W a token {} exactly L (W - "
      "1) places back.",
      all[all.size() - 2], all.back(), linear, memory, quadratic, full_memory,
      exact ? "sees" : "does not see");
  return f;
}

}  // namespace gradus
