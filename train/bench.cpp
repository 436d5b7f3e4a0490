// gradus bench: the time of a training step beside the time of its matrix products alone, and where
// it goes; the time of a generated token beside the time of reading the weights.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "tensor/errors.h"
#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"
#include "train/bench_generate.h"
#include "train/bench_models.h"
#include "train/commands.h"
#include "train/precision_option.h"
#include "train/presets.h"
#include "train/profile_report.h"
#include "train/progress.h"
#include "train/slow_paths.h"

namespace gradus {
namespace {

using nlohmann::ordered_json;

struct BenchArguments {
  std::string preset;
  int64_t steps = 0;  // 0: enough to be sure
  uint64_t seed = 1337;
  Precision precision = Precision::float32;
  bool json = false, serve = false, profile = false, generate = false;
};

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

const char* precision_text(Precision precision) {
  return sizeof(real) == sizeof(double) ? "float64" : name_of(precision);
}

ordered_json about(const std::string& name, Precision precision, const Floor& floor) {
  return {{"preset", name},
          {"precision", precision_text(precision)},
          {"threads", num_threads()},
          {"floor_ms", floor.total_ms()},
          {"gemm_floor_ms", floor.gemm_ms},
          {"optimizer_floor_ms", floor.optimizer_ms}};
}

std::unique_ptr<Bench> warmed_up(const std::string& name, const BenchArguments& o) {
  std::unique_ptr<Bench> bench = make_bench(name, o.precision, o.seed);
  for (int i = 0; i < 3; ++i) bench->step();
  return bench;
}

int64_t number_of_steps(const std::string& name, const BenchArguments& o) {
  return o.steps > 0 ? o.steps : name == "nano" ? 200 : 30;
}

ordered_json measure(const std::string& name, const BenchArguments& o) {
  const std::unique_ptr<Bench> bench = warmed_up(name, o);
  const int64_t count = number_of_steps(name, o);
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
  ordered_json report = about(name, o.precision, floor);
  report["step_ms"] = times.front();
  report["step_ms_median"] = times[times.size() / 2];
  report["floor_ratio"] = times.front() / floor.total_ms();
  report["tokens_per_second"] = static_cast<double>(bench->tokens()) / times.front() * 1000;
  report["peak_rss_mb"] = rss;
  return report;
}

// A step with the profile and one without, in turns, and now and then a look at the peaks.
ProfileReport measure_profile(const std::string& name, const BenchArguments& o) {
  const std::unique_ptr<Bench> bench = warmed_up(name, o);
  const MachineWatch machine;
  const int64_t count = number_of_steps(name, o);
  Profiler profiler(bench->causal());
  PeakMeter peaks(o.precision);
  double unwatched = std::numeric_limits<double>::infinity();
  {
    Progress progress("profile " + name, count, 0, o.json);
    for (int64_t i = 0; i < count; ++i) {
      unwatched = std::min(unwatched, bench->step());
      bench->step(profiler);
      if (i < 3 || i % (count / 20 + 1) == 0) peaks.try_once();
      progress.update(i + 1, fmt::format("{:.1f} ms", unwatched));
    }
  }
  const MachineFacts facts = machine.facts();
  return {.preset = name,
          .precision = o.precision,
          .step = profiler.result(),
          .unwatched_seconds = unwatched / 1000,
          .peaks = peaks.best(),
          .warnings = slow_paths(facts)};
}

void profile(const std::string& name, const BenchArguments& o) {
  const ProfileReport report = measure_profile(name, o);
  if (o.json) {
    fmt::print("{}\n", profile_json(report).dump());
  } else {
    fmt::print("{}", profile_text(report));
  }
}

ordered_json generation_json(const std::string& name, const GenerationSpeed& g) {
  return {{"preset", name},
          {"precision", precision_text(g.precision)},
          {"threads", num_threads()},
          {"batch", g.batch},
          {"context", g.context},
          {"step_ms", g.step_ms},
          {"step_ms_median", g.step_ms_median},
          {"tokens_per_second", g.tokens_per_second()},
          {"bytes_per_step", g.bytes},
          {"read_bytes_per_second", g.read_bytes_per_second},
          {"share_of_bandwidth", g.share()}};
}

void print_generation(const std::string& name, const GenerationSpeed& g) {
  fmt::print(
      "{:<6} {:>7} {} threads  batch {:>2}  step {:>7.2f} ms  median {:>7.2f}  {:>7.1f} tokens/s  "
      "reads {:>6.1f} MB  memory {:>5.1f} GB/s  share {:>5.1f} %\n",
      name, precision_text(g.precision), num_threads(), g.batch, g.step_ms, g.step_ms_median,
      g.tokens_per_second(), g.bytes / 1e6, g.read_bytes_per_second / 1e9, 100 * g.share());
}

// A token of one text, and of several at once, after prompts of an eighth of the context.
void generation(const std::string& name, const BenchArguments& o) {
  manual_seed(o.seed);
  GPTConfig config = find_preset(name).model;
  if (name != "gpt2") config.vocab_size = 65;
  const GPT model(config);
  const PrecisionMode mode(o.precision);
  const int64_t prompt = config.block_size / 8;
  const int64_t most = config.block_size - prompt - 1;
  const int64_t steps = std::min(most, o.steps > 0 ? o.steps : 100);
  ordered_json rows = ordered_json::array();
  for (const int64_t batch : {1, 4, 8}) {
    const GenerationSpeed speed = measure_generation(model, batch, prompt, steps, o.seed);
    rows.push_back(generation_json(name, speed));
    if (!o.json) print_generation(name, speed);
  }
  if (o.json) fmt::print("{}\n", rows.dump());
}

// For side-by-side measurements: one line about the bench, then for every line N on standard input
// a line with the milliseconds of N steps; `quit` ends it.
void serve(const std::string& name, const BenchArguments& o) {
  const std::unique_ptr<Bench> bench = warmed_up(name, o);
  const double rss = peak_rss_mb();  // before the floor allocates its own matrices
  ordered_json start = about(name, o.precision, bench->floor());
  start["peak_rss_mb"] = rss;
  fmt::print("{}\n", start.dump());
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
      "/proc/{}/exe --kernels {} bench --preset {} --precision {} --threads {} --steps {} --seed "
      "{} --json",
      getpid(), kernels::name_of(kernels::mode()), name, name_of(o.precision), num_threads(),
      o.steps, o.seed);
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
      "{:<9} {:>7} {:>3} threads  step {:>9.2f} ms  median {:>9.2f}  floor {:>9.2f}  ratio "
      "{:>5.2f}  {:>8.0f} tokens/s  {:>7.0f} MB\n",
      r["preset"].get<std::string>(), r["precision"].get<std::string>(), r["threads"].get<int>(),
      r["step_ms"].get<double>(), r["step_ms_median"].get<double>(), r["floor_ms"].get<double>(),
      r["floor_ratio"].get<double>(), r["tokens_per_second"].get<double>(),
      r["peak_rss_mb"].get<double>());
}

void bench_command(BenchArguments o) {
  o.precision = o.generate ? generation_precision(o.precision) : training_precision(o.precision);
  const std::string one = o.preset.empty() ? "nano" : o.preset;
  if (o.generate && o.preset == "bert-mini") {
    throw CLI::ValidationError("bench", "--generate: bert-mini does not generate");
  }
  if (o.serve) return serve(one, o);
  if (o.profile) return profile(one, o);
  if (o.generate) return generation(o.preset.empty() ? "gpt2" : o.preset, o);
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
      ->check(Between(0, 1000000));
  command->add_option("--seed", o->seed, "Of weights and tokens")->capture_default_str();
  add_precision(
      *command, [o](Precision p) { o->precision = p; }, wanted_precision);
  command->add_flag("--json", o->json,
                    "A list with one object per preset; with --profile, its object");
  command->add_flag("--profile", o->profile,
                    "Where the time of a step goes, op by op, beside the machine's peaks (of nano "
                    "unless --preset says otherwise)");
  command
      ->add_flag("--generate", o->generate,
                 "Time of a generated token, beside that of reading the weights (of gpt2 unless "
                 "--preset says otherwise)")
      ->excludes("--profile");
  command->add_flag("--serve", o->serve, "Measure on demand: bench/compare_pytorch talks to it")
      ->excludes("--profile")
      ->excludes("--generate");
  command->callback([o] { bench_command(*o); });
}

}  // namespace gradus
