#pragma once
// Shared by the kernel tests: inputs, comparison of a fast kernel with its reference loop, and runs
// on every instruction set that the machine has.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tensor/parallel.h"
#include "tensor/real.h"

namespace gradus::testing {

using Numbers = std::vector<real>;

inline constexpr double eps = std::numeric_limits<real>::epsilon();
inline constexpr real infinity = std::numeric_limits<real>::infinity();
inline constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

/// Around every vector width, and beyond one chunk of work.
inline const std::vector<int64_t> sizes = {0,  1,  2,  3,  4,  7,  8,   9,    15,
                                           16, 17, 31, 33, 64, 65, 100, 1000, 20000};

inline size_t to_size(int64_t n) { return static_cast<size_t>(n); }

inline Numbers random_numbers(int64_t n, double low, double high, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> distribution(low, high);
  Numbers x(to_size(n));
  for (real& v : x) v = static_cast<real>(distribution(generator));
  return x;
}

/// n numbers between two canaries, not aligned: a write beyond either end is noticed.
class Buffer {
 public:
  explicit Buffer(int64_t n, real value = 0) : Buffer(Numbers(to_size(n), value)) {}
  explicit Buffer(const Numbers& values) : storage_{canary} {
    storage_.insert(storage_.end(), values.begin(), values.end());
    storage_.push_back(canary);
  }
  real* data() { return storage_.data() + 1; }
  Numbers values() const {
    CHECK((storage_.front() == canary && storage_.back() == canary));
    return {storage_.begin() + 1, storage_.end() - 1};
  }

 private:
  static constexpr real canary = 1234567;
  Numbers storage_;
};

/// |got - wanted| <= ulps * eps * (|wanted| + scale).
struct Tolerance {
  double ulps = 4;
  double scale = 0;
};

/// Ulps that the reference's own sum of n numbers may be off: it adds in double, one by one.
inline double sum_ulps(int64_t n) {
  return sizeof(real) == sizeof(double) ? std::sqrt(static_cast<double>(n)) : 0;
}

inline bool close(double got, double wanted, Tolerance t) {
  if (std::isnan(wanted)) return std::isnan(got);
  if (std::isinf(wanted) || std::isinf(got)) return got == wanted;
  const double tiny = std::numeric_limits<real>::min();
  return std::abs(got - wanted) <= t.ulps * eps * (std::abs(wanted) + t.scale) + tiny;
}

/// Empty if all numbers agree, else a sentence about the first that do not.
inline std::string mismatch(const Numbers& got, const Numbers& wanted, Tolerance t) {
  if (got.size() != wanted.size()) return "sizes differ";
  for (size_t i = 0; i < got.size(); ++i) {
    if (close(got[i], wanted[i], t)) continue;
    return fmt::format("element {} of {} is {} and not {}", i, got.size(), got[i], wanted[i]);
  }
  return "";
}

/// Calls f once for every instruction set that the kernels are compiled for and the machine has.
template <class F>
void for_each_target(F f) {
  for (const int64_t target : {HWY_SSE4, HWY_AVX2, HWY_AVX3}) {
    if ((hwy::SupportedTargets() & target) == 0) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    INFO("instruction set ", std::string(hwy::TargetName(target)));
    f();
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

/// Whether f, which returns numbers, returns the same bits with 1, 2, 3 and 4 threads.
template <class F>
bool same_for_any_thread_count(F f) {
  const int before = num_threads();
  set_num_threads(1);
  const auto wanted = f();
  bool same = true;
  for (const int threads : {2, 3, 4}) {
    set_num_threads(threads);
    same = same && f() == wanted;
  }
  set_num_threads(before);
  return same;
}

}  // namespace gradus::testing
