#include "tensor/kernels/mode.h"

#include <cblas.h>

#include <atomic>
#include <string_view>

#include "tensor/errors.h"
#include "tensor/kernels/onednn.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/mode.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

const char* simd_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(simd_name);

namespace {

constexpr int openmp_build = 2;  // what openblas_get_parallel() answers; 0 serial, 1 pthreads

std::atomic<Mode>& current_mode() {
  static std::atomic<Mode> mode{Mode::fast};
  return mode;
}

// "OpenBLAS 0.3.21" of "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...".
std::string blas_version() {
  const std::string_view config = openblas_get_config();
  return std::string(config.substr(0, config.find(' ', config.find(' ') + 1)));
}

std::string_view blas_threads() {
  switch (openblas_get_parallel()) {
    case 0:
      return "serial";
    case 1:
      return "pthreads";
    default:
      return "OpenMP";
  }
}

}  // namespace

const char* name_of(Mode mode) {
  switch (mode) {
    case Mode::openblas:
      return "openblas";
    case Mode::reference:
      return "reference";
    default:
      return "fast";
  }
}

std::optional<Mode> mode_named(std::string_view name) {
  for (const Mode m : {Mode::fast, Mode::openblas, Mode::reference}) {
    if (name == name_of(m)) return m;
  }
  return std::nullopt;
}

Mode mode() { return current_mode().load(std::memory_order_relaxed); }
void set_mode(Mode mode) { current_mode().store(mode, std::memory_order_relaxed); }

bool use_onednn() { return mode() == Mode::fast && onednn::is_fastest(); }

std::string simd() {
  const std::string name = HWY_DYNAMIC_DISPATCH(simd_name)();
  return name == "AVX3" ? "AVX-512" : name;
}

std::string describe() {
  if (use_reference()) return "reference loops";
  const std::string onednn = use_onednn() ? onednn::version() + ", " : "";
  return fmt::format("{}, {}{} {} ({})", simd(), onednn, blas_version(), blas_threads(),
                     openblas_get_corename());
}

bool blas_without_avx512() {
  const std::string_view core = openblas_get_corename();
  return !use_onednn() && simd() == "AVX-512" && (core == "Haswell" || core == "Zen");
}

void check_blas() {
  check_value(openblas_get_parallel() == openmp_build,
              "BLAS: gradus needs the OpenMP build of OpenBLAS, but {} ({}) was loaded; other "
              "builds are slow or unsafe beside our threads",
              blas_version(), blas_threads());
}

}  // namespace gradus::kernels
#endif
