#include "train/trial.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <numeric>
#include <vector>

#include "tensor/errors.h"
#include "tensor/parallel.h"
#include "train/learner.h"
#include "train/progress.h"

namespace gradus {
namespace {

double state_bytes(int64_t parameters) {
  return 4.0 * sizeof(real) * static_cast<double>(parameters);
}

double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

}  // namespace

void check_memory(int64_t parameters) {
  const double needed = state_bytes(parameters) / 1e9;
  const double there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e9;
  check<MemoryError>(needed < there,
                     "pretrain: weights, gradients and moments of this model take {:.1f} GB, the "
                     "machine has {:.1f}",
                     needed, there);
}

Trial try_out(const RunOptions& options, Objective& objective, double seconds) {
  constexpr int64_t fewest = 5, settling = 2;  // steps; the first are slower than the others
  Learner learner(options, objective);
  const Schedule schedule{.lr = options.schedule.lr, .warmup_steps = Trial::warmup_steps};
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point settled = start;
  std::vector<double> losses;
  for (int64_t step = 0; step < fewest || seconds_since(start) < seconds; ++step) {
    if (step == settling) settled = std::chrono::steady_clock::now();
    losses.push_back(learner.step(step, schedule(step)).loss);
  }
  const auto steps = static_cast<double>(losses.size());
  const auto last = losses.end() - static_cast<std::ptrdiff_t>(losses.size() / 4 + 1);
  const int64_t parameters = objective.model().num_parameters();
  return {
      .steps = static_cast<int64_t>(losses.size()),
      .parameters = parameters,
      .tokens_per_step = learner.tokens_per_step(),
      .seconds_per_step = seconds_since(settled) / (steps - settling),
      .state_bytes = state_bytes(parameters),
      .peak_bytes = peak_bytes(),
      .tokens = steps * static_cast<double>(learner.tokens_per_step()),
      .loss = std::accumulate(last, losses.end(), 0.0) / static_cast<double>(losses.end() - last)};
}

std::string cost_in_words(const std::string& shape, const RunOptions& o, const Trial& t) {
  const double seconds = t.seconds_per_step * static_cast<double>(o.steps);
  return fmt::format(
      "model       {}\n"
      "parameters  {}\n"
      "memory      {:.0f} MB, {:.0f} MB of them weights, gradients and moments\n"
      "step        {:.1f} ms for {} tokens: {:.0f} tokens/s on {} threads\n"
      "run         {} steps: {} and the validations\n",
      shape, t.parameters, t.peak_bytes / 1e6, t.state_bytes / 1e6, 1e3 * t.seconds_per_step,
      t.tokens_per_step, static_cast<double>(t.tokens_per_step) / t.seconds_per_step, num_threads(),
      o.steps, clock_time(seconds));
}

}  // namespace gradus
