#pragma once
// Runs every op sample with one number type. Compiled once for float and once for double, where
// the namespace gradus is called gradus_f64, so that one program can compare both.

#include <string>
#include <vector>

namespace precision {

using Numbers = std::vector<double>;

struct Outcome {
  std::string op;
  Numbers value;
  std::vector<Numbers> gradients;  // one per input
  double gradcheck_error;          // largest relative difference from central differences
};

}  // namespace precision

namespace gradus {

/// Every sample in the order of its registration, on inputs that do not depend on the number type.
std::vector<precision::Outcome> run_samples();

}  // namespace gradus

namespace gradus_f64 {

std::vector<precision::Outcome> run_samples();

}  // namespace gradus_f64
