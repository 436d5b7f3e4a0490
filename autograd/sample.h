#pragma once
// The sample registry: each op file states, beside the op, inputs to try it on. One generic test
// runs every sample through every check (tests/autograd/ops_test.cpp).

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

using Inputs = std::span<const Tensor>;

/// Shapes that the op must refuse, and the sentence it refuses them with.
struct ErrorSample {
  std::vector<Shape> inputs;
  std::string message;
};

struct OpSample {
  const char* op;
  std::vector<Shape> inputs;
  std::function<Tensor(Inputs)> fn;
  /// Inputs are uniform in [low, high): inside the op's domain and away from its kinks.
  real low = -1;
  real high = 1;
  /// Shapes with a dimension of size zero that the op must accept; may stay empty.
  std::vector<Shape> zero_size = {};
  std::vector<ErrorSample> errors = {};
};

/// All samples of the program.
const std::vector<OpSample>& op_samples();

/// Registers samples while the program loads: `const SampleRegistrar samples{{.op = ...}, ...};`
struct SampleRegistrar {
  SampleRegistrar(std::initializer_list<OpSample> samples);
};

}  // namespace gradus
