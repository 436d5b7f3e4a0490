#include "train/slow_paths.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "tensor/kernels/mode.h"
#include "tensor/parallel.h"

namespace gradus {
namespace {

#ifdef NDEBUG
constexpr bool has_asserts = false;
#else
constexpr bool has_asserts = true;
#endif

#ifdef GRADUS_SANITIZED
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// CPU seconds of all programs since the machine started: the first line of /proc/stat has the ticks
// of user, nice, system, idle, waiting for input, two kinds of interrupts, and what other virtual
// machines took. 0 where there is none.
double seconds_of_all() {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  std::array<double, 8> ticks{};
  for (double& t : ticks) file >> t;
  const auto& [user, nice, system, idle, waiting, hard, soft, stolen] = ticks;
  return (user + nice + system + hard + soft + stolen) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds_of_this() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int cores_of_machine() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

void tell_threads(const MachineFacts& f, std::vector<std::string>& sentences) {
  if (f.allowed_cores < f.cores) {
    sentences.push_back(
        fmt::format("This process may use only {} of the machine's {} cores: taskset or a batch "
                    "system says so.",
                    f.allowed_cores, f.cores));
  }
  if (f.threads < f.allowed_cores) {
    sentences.push_back(
        fmt::format("Only {} of {} cores compute: OMP_NUM_THREADS or --threads says so, and "
                    "--threads {} would use them all.",
                    f.threads, f.allowed_cores, f.allowed_cores));
  }
  if (f.threads > f.allowed_cores) {
    sentences.push_back(
        fmt::format("{} threads take turns on {} core{}, and those that run wait for those that do "
                    "not: use --threads {}.",
                    f.threads, f.allowed_cores, f.allowed_cores == 1 ? "" : "s", f.allowed_cores));
  }
  // A quarter of a core is what a quiet machine does beside the work.
  if (f.others > 0.25 && f.others + f.threads > f.cores + 0.25) {
    sentences.push_back(
        fmt::format("Other programs kept {:.1f} of {} cores busy meanwhile: all times here, and "
                    "the peaks, are those of a shared machine.",
                    f.others, f.cores));
  }
}

void tell_build(const MachineFacts& f, std::vector<std::string>& sentences) {
  if (f.reference_kernels) {
    sentences.push_back(
        "The reference loops compute, which are written to be read: leave out --kernels "
        "reference.");
  } else if (!f.simd.starts_with("AVX")) {
    sentences.push_back(
        fmt::format("The kernels run on {}, at most four numbers at a time: this processor has no "
                    "AVX2, or an emulator or hypervisor hides it.",
                    f.simd));
  }
  if (f.blas_without_avx512) {
    sentences.push_back(
        "OpenBLAS leaves AVX-512 unused, which is half of its speed: OPENBLAS_CORETYPE says so, or "
        "it does not know this processor and needs OPENBLAS_CORETYPE=SkylakeX.");
  }
  if (f.asserts) {
    sentences.push_back(
        "This is a debug build: use cmake --preset release, or -DCMAKE_BUILD_TYPE=Release.");
  }
  if (f.sanitized) {
    sentences.push_back("This build checks every access to memory (GRADUS_SANITIZE=ON).");
  }
}

}  // namespace

std::vector<std::string> slow_paths(const MachineFacts& facts) {
  std::vector<std::string> sentences;
  tell_threads(facts, sentences);
  tell_build(facts, sentences);
  return sentences;
}

MachineWatch::MachineWatch()
    : start_(std::chrono::steady_clock::now()), all_(seconds_of_all()), own_(seconds_of_this()) {}

MachineFacts MachineWatch::facts() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  const double others = (seconds_of_all() - all_) - (seconds_of_this() - own_);
  return {.threads = num_threads(),
          .cores = cores_of_machine(),
          .allowed_cores = available_cores(),
          .others = std::max(0.0, others / passed.count()),
          .simd = kernels::simd(),
          .blas_without_avx512 = kernels::blas_without_avx512(),
          .reference_kernels = kernels::use_reference(),
          .asserts = has_asserts,
          .sanitized = is_sanitized};
}

}  // namespace gradus
