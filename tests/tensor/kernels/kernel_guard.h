#pragma once

#include "tensor/kernels/mode.h"

namespace gradus::testing {

/// Computes in this mode while it lives.
class KernelGuard {
 public:
  explicit KernelGuard(kernels::Mode mode) { kernels::set_mode(mode); }
  ~KernelGuard() { kernels::set_mode(previous_); }
  KernelGuard(const KernelGuard&) = delete;
  KernelGuard& operator=(const KernelGuard&) = delete;

 private:
  kernels::Mode previous_ = kernels::mode();
};

}  // namespace gradus::testing
