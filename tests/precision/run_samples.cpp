#include "tests/precision/run_samples.h"

#include <random>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"

namespace gradus {
namespace {

using precision::Numbers;

Numbers numbers_of(const Tensor& x) {
  const std::vector<real> values = x.to_vector();
  return Numbers(values.begin(), values.end());
}

// Floats in both builds: the double build sees exactly the same numbers.
Tensor uniform(const Shape& shape, real low, real high, std::mt19937& generator) {
  std::uniform_real_distribution<float> numbers(static_cast<float>(low), static_cast<float>(high));
  Tensor x(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.mutable_data()[i] = numbers(generator);
  return x;
}

precision::Outcome run(const OpSample& sample) {
  std::mt19937 generator(1);
  std::vector<Tensor> inputs;
  for (const Shape& shape : sample.inputs) {
    inputs.push_back(uniform(shape, sample.low, sample.high, generator).requires_grad_());
  }
  const Tensor y = sample.fn(inputs);
  y.backward(uniform(y.shape(), -1, 1, generator));
  precision::Outcome outcome{sample.op, numbers_of(y), {}, 0};
  for (const Tensor& x : inputs) outcome.gradients.push_back(numbers_of(x.grad()));
  outcome.gradcheck_error = gradcheck_error(sample.fn, inputs);
  return outcome;
}

}  // namespace

std::vector<precision::Outcome> run_samples() {
  std::vector<precision::Outcome> outcomes;
  for (const OpSample& sample : op_samples()) outcomes.push_back(run(sample));
  return outcomes;
}

}  // namespace gradus
