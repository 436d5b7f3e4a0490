// gradus bench: the time of a training step beside the time of its matrix products alone.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "autograd/ops.h"
#include "optim/optimizer.h"
#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"
#include "train/bench_floor.h"
#include "train/bert_options.h"
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
  virtual ~Bench() = default;

  /// Milliseconds of one training step: forward, backward, clipping, update.
  double step() {
    const auto start = Clock::now();
    loss().backward();
    clip_grad_norm(model().named_parameters(), 1);
    optimizer_->step();
    optimizer_->zero_grad();
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
  virtual int64_t tokens() const = 0;
  virtual Floor floor() const = 0;

 protected:
  virtual Tensor loss() const = 0;
  virtual const Module& model() const = 0;
  std::optional<AdamW> optimizer_;
};

Tokens random_tokens(const Shape& shape, int64_t vocab_size, Draw draw) {
  const Tensor numbers = rand(shape, draw);
  Tokens tokens(shape);
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    tokens.data()[i] = static_cast<int32_t>(numbers.data()[i] * static_cast<real>(vocab_size));
  }
  return tokens;
}

class GPTBench : public Bench {
 public:
  GPTBench(const Preset& preset, uint64_t seed)
      : model_(shape(preset, seed)),
        ids_(random_tokens({preset.batch_size, preset.bench_sequence}, model_.config.vocab_size,
                           Draw{seed, 1})),
        targets_(random_tokens(ids_.shape, model_.config.vocab_size, Draw{seed, 2})) {
    optimizer_.emplace(
        model_.named_parameters(),
        AdamOptions{.lr = preset.lr, .beta2 = preset.beta2, .weight_decay = real(0.1)});
  }
  int64_t tokens() const override { return ids_.numel(); }
  Floor floor() const override {
    return measure_floor(model_.config, ids_.dim(0), ids_.dim(1), model_.num_parameters());
  }

 private:
  static GPTConfig shape(const Preset& preset, uint64_t seed) {
    manual_seed(seed);
    GPTConfig config = preset.model;
    if (preset.name != "gpt2") config.vocab_size = 65;  // tiny Shakespeare's characters
    config.dropout = 0;
    return config;
  }
  Tensor loss() const override { return model_.loss(ids_, targets_); }
  const Module& model() const override { return model_; }

  GPT model_;
  Tokens ids_, targets_;
};

// Masked tokens and next sentences of BERT-mini: 16 sequences of 128 tokens, 19 of which are to be
// predicted, out of BERT's vocabulary.
class BERTBench : public Bench {
 public:
  explicit BERTBench(uint64_t seed)
      : model_(shape(seed), true),
        ids_(random_tokens({B, T}, model_.config().vocab_size, Draw{seed, 1})),
        targets_(random_tokens({B * targets_per_row}, model_.config().vocab_size, Draw{seed, 2})),
        is_random_(random_tokens({B}, 2, Draw{seed, 3})) {
    for (int64_t i = 0; i < positions_.numel(); ++i) {
      const int64_t row = i / targets_per_row, place = i % targets_per_row;
      positions_.data()[i] = static_cast<int32_t>(row * T + place * T / targets_per_row);
    }
    optimizer_.emplace(
        model_.named_parameters(),
        AdamOptions{.lr = real(1e-4), .eps = real(1e-6), .weight_decay = real(0.01)});
  }
  int64_t tokens() const override { return ids_.numel(); }
  Floor floor() const override {
    return measure_floor(model_.config(), B, T, positions_.numel(), model_.num_parameters());
  }

 private:
  static constexpr int64_t B = 16, T = 128, targets_per_row = 19;  // round(0.15 T)
  static BERTConfig shape(uint64_t seed) {
    manual_seed(seed);
    return bert_options_from("mini").model;
  }
  Tensor loss() const override {
    const Tensor x = model_.bert.hidden(ids_, Tokens({B, T}));  // (B, T, C)
    const Tensor masked = cross_entropy(model_.mlm(rows_at(x, positions_)), targets_);
    return masked + cross_entropy((*model_.nsp)((*model_.pooler)(x)), is_random_);
  }
  const Module& model() const override { return model_; }

  BERTForPreTraining model_;
  Tokens ids_, targets_, is_random_;
  Tokens positions_{Shape{B * targets_per_row}};
};

constexpr const char* bert_mini = "bert-mini";

std::vector<std::string> bench_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  names.push_back(bert_mini);
  return names;
}

std::unique_ptr<Bench> make_bench(const std::string& name, uint64_t seed) {
  if (name == bert_mini) return std::make_unique<BERTBench>(seed);
  return std::make_unique<GPTBench>(find_preset(name), seed);
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

ordered_json about(const std::string& name, const Floor& floor) {
  return {{"preset", name},
          {"precision", sizeof(real) == 8 ? "fp64" : "fp32"},
          {"threads", num_threads()},
          {"floor_ms", floor.total_ms()},
          {"gemm_floor_ms", floor.gemm_ms},
          {"optimizer_floor_ms", floor.optimizer_ms}};
}

ordered_json measure(const std::string& name, const BenchArguments& o) {
  const std::unique_ptr<Bench> bench = make_bench(name, o.seed);
  for (int i = 0; i < 3; ++i) bench->step();
  const int64_t count = o.steps > 0 ? o.steps : name == "nano" ? 200 : 30;
  std::vector<double> times;
  {
    Progress progress("bench " + name, count, 0, o.json);
    for (int64_t i = 0; i < count; ++i) {
      times.push_back(bench->step());
      progress.update(i + 1, fmt::format("{:.1f} ms", times.back()));
    }
  }
  const double rss = peak_rss_mb();  // before the floor allocates its own matrices
  const Floor floor = bench->floor();
  std::sort(times.begin(), times.end());
  ordered_json report = about(name, floor);
  report["step_ms"] = times.front();
  report["step_ms_median"] = times[times.size() / 2];
  report["floor_ratio"] = times.front() / floor.total_ms();
  report["tokens_per_second"] = static_cast<double>(bench->tokens()) / times.front() * 1000;
  report["peak_rss_mb"] = rss;
  return report;
}

// For side-by-side measurements: one line about the bench, then for every line N on standard input
// a line with the milliseconds of N steps; `quit` ends it.
void serve(const std::string& name, const BenchArguments& o) {
  const std::unique_ptr<Bench> bench = make_bench(name, o.seed);
  for (int i = 0; i < 3; ++i) bench->step();
  fmt::print("{}\n", about(name, bench->floor()).dump());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::vector<double> times;
    const int64_t count = std::strtoll(line.c_str(), nullptr, 10);
    for (int64_t i = 0; i < count; ++i) times.push_back(bench->step());
    fmt::print("{}\n", ordered_json(times).dump());
    std::fflush(stdout);
  }
}

// A process of its own per preset: peak memory and allocator state belong to one model.
ordered_json measure_in_process(const std::string& name, const BenchArguments& o) {
  const std::string command = fmt::format(
      "/proc/{}/exe --kernels {} bench --preset {} --threads {} --steps {} --seed {} --json",
      getpid(), kernels::use_reference() ? "reference" : "fast", name, num_threads(), o.steps,
      o.seed);
  FILE* pipe = popen(command.c_str(), "r");
  check<FileError>(pipe != nullptr, "bench: cannot start a process for {}", name);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  const int status = pclose(pipe);
  const ordered_json report = ordered_json::parse(output, nullptr, false);
  check<FileError>(status == 0 && report.is_array() && report.size() == 1, "bench: {} failed",
                   name);
  return report[0];
}

void print_row(const ordered_json& r) {
  fmt::print(
      "{:<9} {:>5} {:>3} threads  step {:>9.2f} ms  median {:>9.2f}  floor {:>9.2f}  ratio "
      "{:>5.2f}  {:>8.0f} tokens/s  {:>7.0f} MB\n",
      r["preset"].get<std::string>(), r["precision"].get<std::string>(), r["threads"].get<int>(),
      r["step_ms"].get<double>(), r["step_ms_median"].get<double>(), r["floor_ms"].get<double>(),
      r["floor_ratio"].get<double>(), r["tokens_per_second"].get<double>(),
      r["peak_rss_mb"].get<double>());
}

void bench_command(const BenchArguments& o) {
  if (o.serve) return serve(o.preset.empty() ? "nano" : o.preset, o);
  ordered_json rows = ordered_json::array();
  for (const std::string& name : bench_names()) {
    if (!o.preset.empty() && name != o.preset) continue;
    rows.push_back(o.preset.empty() ? measure_in_process(name, o) : measure(name, o));
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
                   "nano, baby, gpt2 or bert-mini; default: each, in a process of its own")
      ->check(CLI::IsMember(bench_names()));
  command->add_option("--steps", o->steps, "Steps to measure; 0: enough to be sure")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--seed", o->seed, "Of weights and tokens")->capture_default_str();
  command->add_flag("--json", o->json, "A list with one object per preset");
  command->add_flag("--serve", o->serve, "Measure on demand: bench/compare_pytorch talks to it");
  command->callback([o] { bench_command(*o); });
}

}  // namespace gradus
