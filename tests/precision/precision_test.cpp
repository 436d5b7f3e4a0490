// Float against double, and double against central differences, for every op sample.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/precision/run_samples.h"

using precision::Numbers;
using precision::Outcome;

namespace {

// A float has 24 bits: one rounding is at most 6e-8 of the number rounded. The samples sum a few
// dozen terms of size 1 and chain a few functions good to some 1e-7, and a number may be the
// difference of larger ones: 1e-5, relative to the largest number of the tensor, is some hundred
// roundings, and far below what a wrong formula does.
constexpr double float_tolerance = 1e-5;

double largest(const Numbers& x) {
  double size = 1;
  for (const double value : x) size = std::max(size, std::abs(value));
  return size;
}

double difference(const Numbers& x, const Numbers& expected) {
  REQUIRE(x.size() == expected.size());
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = std::abs(x[i] - expected[i]);
    if (!(error <= worst)) worst = error;
    if (std::isnan(worst)) return worst;
  }
  return worst / largest(expected);
}

const std::vector<Outcome>& in_float() {
  static const std::vector<Outcome> outcomes = gradus::run_samples();
  return outcomes;
}

const std::vector<Outcome>& in_double() {
  static const std::vector<Outcome> outcomes = gradus_f64::run_samples();
  return outcomes;
}

// Each op's samples, numbered: files register in no fixed order, the samples of one file do.
std::map<std::string, const Outcome*> by_name(const std::vector<Outcome>& outcomes) {
  std::map<std::string, const Outcome*> names;
  std::map<std::string, int> count;
  for (const Outcome& outcome : outcomes) {
    names[outcome.op + " sample " + std::to_string(++count[outcome.op])] = &outcome;
  }
  return names;
}

}  // namespace

TEST_CASE("float and double builds link into one program and know the same samples") {
  CHECK(in_float().size() > 50);
  CHECK(in_float().size() == in_double().size());
}

TEST_CASE("every sample: float agrees with double to 1e-5, forward and backward") {
  const auto expected = by_name(in_double());
  for (const auto& sample : by_name(in_float())) {
    const std::string& name = sample.first;
    const Outcome* outcome = sample.second;
    CAPTURE(name);
    REQUIRE(expected.contains(name));
    const Outcome& other = *expected.at(name);
    CHECK(difference(outcome->value, other.value) <= float_tolerance);
    REQUIRE(outcome->gradients.size() == other.gradients.size());
    for (size_t i = 0; i < other.gradients.size(); ++i) {
      CAPTURE(i);
      CHECK(difference(outcome->gradients[i], other.gradients[i]) <= float_tolerance);
    }
  }
}

TEST_CASE("every sample: gradients in double agree with central differences to 1e-7") {
  for (const auto& sample : by_name(in_double())) {
    CAPTURE(sample.first);
    CHECK(sample.second->gradcheck_error <= 1e-7);
  }
}
