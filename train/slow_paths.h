#pragma once
// What silently makes a program slow: too few threads or too many, other programs, kernels or a
// build that were not meant to be fast. (BLAS of another build than OpenMP's is not among them:
// `gradus` does not start with it.)

#include <chrono>
#include <string>
#include <vector>

namespace gradus {

struct MachineFacts {
  int threads = 1;        // that compute
  int cores = 1;          // of the machine
  int allowed_cores = 1;  // that this process may run on
  double others = 0;      // cores that other programs kept busy meanwhile
  std::string simd = {};  // as kernels::simd()
  bool blas_without_avx512 = false;
  bool reference_kernels = false;
  bool asserts = false;  // a debug build
  bool sanitized = false;
};

/// A sentence for each thing that makes gradus slower here than it need be, and what to do.
std::vector<std::string> slow_paths(const MachineFacts& facts);

/// Watches the machine from its construction on.
class MachineWatch {
 public:
  MachineWatch();
  MachineFacts facts() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double all_, own_;  // CPU seconds so far
};

}  // namespace gradus
