#pragma once
// Runs an op on inputs and keeps what came out: the value and the gradient of every input.

#include <vector>

#include "autograd/sample.h"
#include "tests/support.h"

namespace gradus::testing {

using Tensors = std::vector<Tensor>;
using Op = std::function<Tensor(Inputs)>;

struct Outcome {
  Tensor y;
  Tensors gradients;
};

/// Empty if both outcomes agree, else the first difference.
inline std::string difference(const Outcome& outcome, const Outcome& expected,
                              real tolerance = close_enough) {
  std::string sentence = difference(outcome.y, expected.y, tolerance);
  for (size_t i = 0; i < expected.gradients.size() && sentence.empty(); ++i) {
    sentence = difference(outcome.gradients[i], expected.gradients[i], tolerance);
    if (!sentence.empty()) sentence = fmt::format("gradient of input {}: {}", i, sentence);
  }
  return sentence;
}

/// Uniform in [low, high), the same at every call.
inline Tensor uniform(const Shape& shape, real low, real high, uint64_t draw) {
  return rand(shape, Draw{5, draw}) * (high - low) + low;
}

inline Tensors inputs_of(const OpSample& sample, const std::vector<Shape>& shapes) {
  Tensors inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back(uniform(shape, sample.low, sample.high, inputs.size()));
  }
  return inputs;
}

inline Tensors inputs_of(const OpSample& sample) { return inputs_of(sample, sample.inputs); }

/// Fresh leaves over the memory of the inputs, whatever their strides.
inline Tensors leaves_of(const Tensors& inputs) {
  Tensors leaves;
  for (const Tensor& x : inputs) leaves.push_back(x.detach().requires_grad_());
  return leaves;
}

inline Tensor dy_of(const Tensor& y) { return uniform(y.shape(), -1, 1, 99); }

/// Forward and backward. An input that the result does not depend on has the gradient 0.
inline Outcome run(const Op& fn, const Tensors& inputs) {
  const Tensors leaves = leaves_of(inputs);
  const Tensor y = fn(leaves);
  y.backward(dy_of(y));
  Outcome outcome{y.detach(), {}};
  for (const Tensor& x : leaves) {
    outcome.gradients.push_back(x.grad().defined() ? x.grad() : zeros(x.shape()));
  }
  return outcome;
}

}  // namespace gradus::testing
