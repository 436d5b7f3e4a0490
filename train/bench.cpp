// gradus bench: the time of a training step beside the time of its matrix products alone.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "optim/optimizer.h"
#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"
#include "train/bench_floor.h"
#include "train/commands.h"
#include "train/presets.h"
#include "train/progress.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

struct BenchArguments {
  std::string preset;
  int64_t steps = 0;  // 0: enough to be sure
  uint64_t seed = 1337;
  bool json = false, serve = false;
};

// A model in training on random tokens, without dropout, as PyTorch is measured.
class Bench {
 public:
  Bench(const Preset& preset, uint64_t seed)
      : model_(shape(preset, seed)),
        optimizer_(model_.named_parameters(),
                   {.lr = preset.lr, .beta2 = preset.beta2, .weight_decay = real(0.1)}),
        ids_({preset.batch_size, preset.bench_sequence}),
        targets_(ids_) {
    const Tensor numbers = rand(Shape{2 * ids_.numel()}, Draw{seed, 1});
    const auto token = [&](int64_t i) {
      return static_cast<int32_t>(numbers.data()[i] * static_cast<real>(model_.config.vocab_size));
    };
    for (int64_t i = 0; i < ids_.numel(); ++i) {
      ids_.data()[i] = token(2 * i);
      targets_.data()[i] = token(2 * i + 1);
    }
  }

  /// Milliseconds of one training step: forward, backward, clipping, update.
  double step() {
    const auto start = Clock::now();
    const Tensor loss = model_.loss(ids_, targets_);
    loss.backward();
    clip_grad_norm(model_.named_parameters(), 1);
    optimizer_.step();
    optimizer_.zero_grad();
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
  int64_t tokens() const { return ids_.numel(); }
  int64_t num_parameters() const { return model_.num_parameters(); }
  const GPTConfig& config() const { return model_.config; }

 private:
  static GPTConfig shape(const Preset& preset, uint64_t seed) {
    manual_seed(seed);
    GPTConfig config = preset.model;
    if (preset.name != "gpt2") config.vocab_size = 65;  // tiny Shakespeare's characters
    config.dropout = 0;
    return config;
  }

  GPT model_;
  AdamW optimizer_;
  Tokens ids_, targets_;
};

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

ordered_json about(const Preset& preset, const Floor& floor) {
  return {{"preset", preset.name},          {"precision", sizeof(real) == 8 ? "fp64" : "fp32"},
          {"threads", num_threads()},       {"floor_ms", floor.total_ms()},
          {"gemm_floor_ms", floor.gemm_ms}, {"optimizer_floor_ms", floor.optimizer_ms}};
}

Floor floor_of(const Bench& bench, const Preset& preset) {
  return measure_floor(bench.config(), preset.batch_size, preset.bench_sequence,
                       bench.num_parameters());
}

ordered_json measure(const Preset& preset, const BenchArguments& o) {
  Bench bench(preset, o.seed);
  for (int i = 0; i < 3; ++i) bench.step();
  const int64_t count = o.steps > 0 ? o.steps : preset.name == "nano" ? 200 : 30;
  std::vector<double> times;
  {
    Progress progress("bench " + preset.name, count, 0, o.json);
    for (int64_t i = 0; i < count; ++i) {
      times.push_back(bench.step());
      progress.update(i + 1, fmt::format("{:.1f} ms", times.back()));
    }
  }
  const double rss = peak_rss_mb();  // before the floor allocates its own matrices
  const Floor floor = floor_of(bench, preset);
  std::sort(times.begin(), times.end());
  ordered_json report = about(preset, floor);
  report["step_ms"] = times.front();
  report["step_ms_median"] = times[times.size() / 2];
  report["floor_ratio"] = times.front() / floor.total_ms();
  report["tokens_per_second"] = static_cast<double>(bench.tokens()) / times.front() * 1000;
  report["peak_rss_mb"] = rss;
  return report;
}

// For side-by-side measurements: one line about the bench, then for every line N on standard input
// a line with the milliseconds of N steps; `quit` ends it.
void serve(const Preset& preset, const BenchArguments& o) {
  Bench bench(preset, o.seed);
  for (int i = 0; i < 3; ++i) bench.step();
  fmt::print("{}\n", about(preset, floor_of(bench, preset)).dump());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::vector<double> times;
    const int64_t count = std::strtoll(line.c_str(), nullptr, 10);
    for (int64_t i = 0; i < count; ++i) times.push_back(bench.step());
    fmt::print("{}\n", ordered_json(times).dump());
    std::fflush(stdout);
  }
}

// A process of its own per preset: peak memory and allocator state belong to one model.
ordered_json measure_in_process(const Preset& preset, const BenchArguments& o) {
  const std::string command = fmt::format(
      "/proc/{}/exe --kernels {} bench --preset {} --threads {} --steps {} --seed {} --json",
      getpid(), kernels::use_reference() ? "reference" : "fast", preset.name, num_threads(),
      o.steps, o.seed);
  FILE* pipe = popen(command.c_str(), "r");
  check<FileError>(pipe != nullptr, "bench: cannot start a process for {}", preset.name);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  const int status = pclose(pipe);
  const ordered_json report = ordered_json::parse(output, nullptr, false);
  check<FileError>(status == 0 && report.is_array() && report.size() == 1, "bench: {} failed",
                   preset.name);
  return report[0];
}

void print_row(const ordered_json& r) {
  fmt::print(
      "{:<6} {:>5} {:>3} threads  step {:>9.2f} ms  median {:>9.2f}  floor {:>9.2f}  ratio "
      "{:>5.2f}  {:>8.0f} tokens/s  {:>7.0f} MB\n",
      r["preset"].get<std::string>(), r["precision"].get<std::string>(), r["threads"].get<int>(),
      r["step_ms"].get<double>(), r["step_ms_median"].get<double>(), r["floor_ms"].get<double>(),
      r["floor_ratio"].get<double>(), r["tokens_per_second"].get<double>(),
      r["peak_rss_mb"].get<double>());
}

void bench_command(const BenchArguments& o) {
  if (o.serve) return serve(find_preset(o.preset.empty() ? "nano" : o.preset), o);
  ordered_json rows = ordered_json::array();
  for (const Preset& preset : presets()) {
    if (!o.preset.empty() && preset.name != o.preset) continue;
    rows.push_back(o.preset.empty() ? measure_in_process(preset, o) : measure(preset, o));
    if (!o.json) print_row(rows.back());
  }
  if (o.json) fmt::print("{}\n", rows.dump());
}

}  // namespace

void add_bench(CLI::App& program) {
  auto o = std::make_shared<BenchArguments>();
  CLI::App* command =
      program.add_subcommand("bench", "Time of a training step, and of its matrix products alone");
  command
      ->add_option("--preset", o->preset,
                   "nano, baby or gpt2; default: each, in a process of its own")
      ->check([](const std::string& name) {
        const bool known = std::any_of(presets().begin(), presets().end(),
                                       [&](const Preset& p) { return p.name == name; });
        return known ? std::string() : "there is no preset " + name;
      });
  command->add_option("--steps", o->steps, "Steps to measure; 0: enough to be sure")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--seed", o->seed, "Of weights and tokens")->capture_default_str();
  command->add_flag("--json", o->json, "A list with one object per preset");
  command->add_flag("--serve", o->serve, "Measure on demand: bench/compare_pytorch talks to it");
  command->callback([o] { bench_command(*o); });
}

}  // namespace gradus
