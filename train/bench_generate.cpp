#include "train/bench_generate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>

#include "nn/generate.h"
#include "tensor/errors.h"
#include "tensor/parallel.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What memory gives to a program that only reads: the best of tries in which every thread looks for
// a byte that is not there. A try reads as much as a step does, so that other programs have as many
// occasions to come between.
class ReadMeter {
 public:
  explicit ReadMeter(double bytes)
      : passes_(std::max<int64_t>(1, std::llround(bytes / (numbers * sizeof(real))))) {}
  void try_once() {
    constexpr int64_t piece = int64_t{1} << 17;
    std::atomic<bool> found{false};
    const Clock::time_point start = Clock::now();
    for (int64_t pass = 0; pass < passes_; ++pass) {
      parallel_for(numbers, piece, [&](int64_t begin, int64_t end) {
        const auto bytes = static_cast<size_t>(end - begin) * sizeof(real);
        if (std::memchr(x_.data() + begin, 1, bytes) != nullptr) found = true;
      });
    }
    const double bytes = static_cast<double>(passes_ * numbers) * sizeof(real);
    if (!found) best_ = std::max(best_, bytes / ms_since(start) * 1000);
  }
  double bytes_per_second() const { return best_; }

 private:
  static constexpr int64_t numbers = int64_t{1} << 25;  // more than the caches hold
  int64_t passes_;
  Tensor x_ = zeros({numbers});
  double best_ = 0;
};

}  // namespace

double bytes_per_step(const GPT& model, int64_t batch, int64_t context) {
  const GPTConfig& c = model.config;
  const BlockConfig block = c.block();
  const size_t matrix_number = precision() == Precision::float32 ? sizeof(real) : 2;
  const auto cache = batch * 2 * c.n_layer * block.num_kv_heads() * block.head_size() * context;
  double bytes = static_cast<double>(cache) * sizeof(real);
  for (const NamedTensor& p : model.named_parameters()) {
    const bool looked_up = p.name == "wpe.weight" || (p.name == "wte.weight" && !c.tie_weights);
    if (looked_up) continue;
    const bool matrix = p.tensor.rank() == 2;
    bytes += static_cast<double>(p.tensor.numel()) *
             static_cast<double>(matrix ? matrix_number : sizeof(real));
  }
  return bytes;
}

GenerationSpeed measure_generation(const GPT& model, int64_t batch, int64_t prompt, int64_t steps,
                                   uint64_t seed) {
  check_value(prompt + steps < model.config.block_size,
              "bench: {} tokens and {} more do not fit into a context of {}", prompt, steps,
              model.config.block_size);
  const auto V = static_cast<real>(model.config.vocab_size);
  const Tensor numbers = rand({batch, prompt}, Draw{seed, 1});
  std::vector<std::vector<int32_t>> prompts(static_cast<size_t>(batch));
  for (int64_t i = 0; i < numbers.numel(); ++i) {
    prompts[static_cast<size_t>(i / prompt)].push_back(static_cast<int32_t>(numbers.data()[i] * V));
  }
  ReadMeter memory(bytes_per_step(model, batch, prompt));
  std::vector<double> times;  // of every step but the first, which reads the prompts
  Clock::time_point start;
  const auto watch = [&](const NewToken& token) {
    if (token.row + 1 < prompts.size()) return true;
    if (start != Clock::time_point{}) times.push_back(ms_since(start));
    memory.try_once();
    start = Clock::now();
    return true;
  };
  generate(model, prompts, {.max_new_tokens = steps + 1, .seed = seed, .on_token = watch});

  const auto fastest = std::min_element(times.begin(), times.end());
  GenerationSpeed speed{.precision = precision(),
                        .batch = batch,
                        .context = prompt + 1 + (fastest - times.begin()),
                        .step_ms = *fastest,
                        .read_bytes_per_second = memory.bytes_per_second()};
  speed.bytes = bytes_per_step(model, batch, speed.context);
  std::sort(times.begin(), times.end());
  speed.step_ms_median = times[times.size() / 2];
  return speed;
}

}  // namespace gradus
