#include "autograd/sample.h"

namespace gradus {
namespace {

std::vector<OpSample>& registry() {
  static std::vector<OpSample> samples;
  return samples;
}

}  // namespace

const std::vector<OpSample>& op_samples() { return registry(); }

SampleRegistrar::SampleRegistrar(std::initializer_list<OpSample> samples) {
  registry().insert(registry().end(), samples);
}

}  // namespace gradus
