#include "tests/conformance/runner.h"

#include <cmath>

#include "tensor/errors.h"
#include "tests/conformance/graph.h"

namespace gradus::conformance {
namespace {

// |actual - expected| <= absolute + relative * |expected|. Expected values were computed in the
// type they are stored in; gradus computes in `real`.
struct Tolerance {
  double relative, absolute;
};

Tolerance tolerance_of(const std::string& dtype) {
  if (dtype == "float16") return {2e-3, 1e-3};  // two units in the last place
  if (dtype == "float64" && sizeof(real) == sizeof(double)) return {1e-7, 1e-9};
  return {1e-5, 1e-6};
}

bool close(double actual, double expected, Tolerance tolerance) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::isinf(expected)) return actual == expected;
  const double allowed = tolerance.absolute + tolerance.relative * std::abs(expected);
  return std::abs(actual - expected) <= allowed;
}

template <class T, class Equal>
std::string first_difference(const std::vector<T>& actual, const std::vector<T>& expected,
                             Equal equal) {
  for (size_t i = 0; i < expected.size(); ++i) {
    if (equal(actual[i], expected[i])) continue;
    return fmt::format("element {} is {}, expected {}", i, actual[i], expected[i]);
  }
  return {};
}

}  // namespace

std::string difference(const Value& actual, const Value& expected) {
  if (actual.shape() != expected.shape()) {
    return fmt::format("shape {}, expected {}", actual.shape(), expected.shape());
  }
  if (actual.dtype() != expected.dtype()) {
    return fmt::format("type {}, expected {}", actual.dtype(), expected.dtype());
  }
  if (!expected.floating()) {
    return first_difference(actual.integers(), expected.integers(), std::equal_to<>());
  }
  const Tolerance tolerance = tolerance_of(expected.dtype());
  const auto equal = [&](real a, real b) { return close(a, b, tolerance); };
  return first_difference(actual.tensor().to_vector(), expected.tensor().to_vector(), equal);
}

Result run_case(const Case& source) {
  try {
    if (source.expected.empty()) return {Outcome::failed, "nothing is expected"};
    Graph graph(source);
    for (const Named& expected : source.expected) {
      const std::string reason =
          difference(graph.value(expected.name), parse_tensor(expected.tensor));
      if (!reason.empty()) return {Outcome::failed, expected.name + ": " + reason};
    }
    return {Outcome::passed, {}};
  } catch (const Unsupported& reason) {
    return {Outcome::unsupported, reason.what()};
  } catch (const std::exception& error) {
    return {Outcome::failed, error.what()};
  }
}

}  // namespace gradus::conformance
