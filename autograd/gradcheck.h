#pragma once
// gradcheck: compares what backward computes with central differences.

#include "autograd/sample.h"
#include "tensor/tensor.h"

namespace gradus {

struct GradcheckOptions {
  real step = sizeof(real) == 8 ? real(1e-5) : real(1e-2);
  /// Largest |analytic - numeric| / max(1, |analytic|, |numeric|) that passes.
  real tolerance = sizeof(real) == 8 ? real(1e-7) : real(2e-2);
};

/// Largest relative difference between the gradients of fn and central differences, over all
/// elements of all inputs, for a fixed random dy.
real gradcheck_error(const std::function<Tensor(Inputs)>& fn, std::span<const Tensor> inputs,
                     const GradcheckOptions& options = {});

/// Throws GraphError naming input, element and both derivatives if they differ.
void gradcheck(const std::function<Tensor(Inputs)>& fn, std::span<const Tensor> inputs,
               const GradcheckOptions& options = {});

}  // namespace gradus
