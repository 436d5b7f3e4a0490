// A training step in steady state asks the system for no memory: every call of malloc and its
// relatives is counted here, ours and those of the OpenMP and BLAS libraries. oneDNN calls it in
// every product. A program of its own, because it replaces malloc.

#include <cerrno>
#include <cstddef>

#include "data/batches.h"
#include "nn/gpt.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tensor/precision.h"
#include "tests/support.h"
#include "tests/tensor/kernels/kernel_guard.h"

#include <atomic>

// Sanitizers bring a malloc of their own.
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define GRADUS_COUNTS_MALLOC 0
#else
#define GRADUS_COUNTS_MALLOC 1
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> calls{0};

[[maybe_unused]] void count() {
  if (counting.load(std::memory_order_relaxed)) ++calls;
}

}  // namespace

#if GRADUS_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
  count();
  return __libc_malloc(bytes);
}
void* calloc(size_t n, size_t bytes) {
  count();
  return __libc_calloc(n, bytes);
}
void* realloc(void* memory, size_t bytes) {
  count();
  return __libc_realloc(memory, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  count();
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
}
#endif

using namespace gradus;
using namespace gradus::testing;

namespace {

class Counter {
 public:
  Counter() {
    calls = 0;
    counting = true;
  }
  ~Counter() { counting = false; }
  int64_t stop() {
    counting = false;
    return calls;
  }
};

std::vector<int32_t> some_text(int32_t vocab_size) {
  std::vector<int32_t> text(5000);
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<int32_t>((i * i + 3 * i) % static_cast<size_t>(vocab_size));
  }
  return text;
}

// Calls of malloc in ten steps that follow five others; whose tensors need no new memory.
template <class Optimizer>
int64_t calls_in_steady_state(const GPTConfig& config, int threads) {
  const ThreadGuard guard(threads);
  GPT model(config);
  const std::vector<NamedTensor> parameters = model.named_parameters();
  Optimizer optimizer(parameters);
  CausalLoader loader(some_text(65), {.batch_size = 8, .block_size = config.block_size});
  const Schedule schedule{
      .decay = Decay::cosine, .lr = real(1e-3), .warmup_steps = 3, .decay_steps = 15};
  int64_t step = 0;
  const auto train = [&] {
    optimizer.lr = schedule(step++);
    const auto [ids, targets] = loader.next();
    const Tensor loss = model.loss(ids, targets);
    loss.backward();
    clip_grad_norm(parameters, 1);
    optimizer.step();
    optimizer.zero_grad();
  };
  for (int i = 0; i < 5; ++i) train();
  const int64_t system_allocations = memory_stats().system_allocations;
  Counter counter;
  for (int i = 0; i < 10; ++i) train();
  const int64_t counted = counter.stop();
  CHECK(memory_stats().system_allocations == system_allocations);
  return counted;
}

GPTConfig small() {
  return {.block_size = 64, .vocab_size = 65, .n_layer = 2, .n_head = 4, .n_embd = 64};
}

}  // namespace

TEST_CASE("the counter counts: malloc, new, aligned memory") {
#if GRADUS_COUNTS_MALLOC
  Counter counter;
  std::vector<int>* made = new std::vector<int>(100);
  delete made;
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, 100) == 0) free(memory);
  CHECK(counter.stop() >= 3);
#endif
}

TEST_CASE("a training step of GPT in steady state calls malloc zero times") {
  const KernelGuard products(kernels::Mode::openblas);
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    CHECK(calls_in_steady_state<AdamW>(small(), threads) == 0);
  }
}

TEST_CASE("where oneDNN multiplies, the allocator asks for nothing more either") {
  if (kernels::use_onednn()) calls_in_steady_state<AdamW>(small(), 2);  // which checks it
}

TEST_CASE("no malloc in any variant of the block and with any optimizer") {
  const KernelGuard products(kernels::Mode::openblas);
  GPTConfig config = small();
  config.dropout = real(0.1);
  CHECK(calls_in_steady_state<AdamW>(config, 2) == 0);
  config.bias = false;
  config.tie_weights = false;
  config.activation = Activation::silu;
  config.norm = NormKind::rms;
  config.placement = Placement::post;
  CHECK(calls_in_steady_state<SGD>(config, 2) == 0);
  CHECK(calls_in_steady_state<Adam>(config, 2) == 0);
}

#ifndef GRADUS_DOUBLE
TEST_CASE("no malloc in bfloat16, emulated") {
  const KernelGuard gemm(kernels::Mode::openblas);
  const PrecisionMode products(Precision::bf16_emulated);
  CHECK(calls_in_steady_state<AdamW>(small(), 2) == 0);
}
#endif
