#pragma once
// The distribution of a trained model's weights, matrix by matrix.

#include <array>
#include <string>

#include "nn/module.h"

namespace gradus {

/// Counts of numbers in equal bins over mean ± 4 standard deviations, what lies beyond in the last
/// bin of its side.
struct Histogram {
  static constexpr size_t bins = 48;
  double mean = 0, deviation = 0, least = 0, most = 0;
  std::array<int64_t, bins> counts = {};
  double beyond_three = 0;  // share of numbers more than three deviations off; 0.0027 if normal
};
Histogram histogram(const Tensor& x);

/// A page with a histogram of every matrix beside the normal curve of its mean and deviation.
std::string weights_page(const Module& model, const std::string& name);

}  // namespace gradus
