#pragma once
// Runs cases and compares what gradus computes with what is expected.

#include <string>

#include "tests/conformance/case.h"

namespace gradus::conformance {

enum class Outcome { passed, failed, unsupported };

struct Result {
  Outcome outcome;
  std::string reason;  // empty if passed
};

Result run_case(const Case& source);

/// Says how `actual` differs from `expected`; empty if it does not. Types and shapes must be the
/// same, integers equal, floating-point numbers close.
std::string difference(const Value& actual, const Value& expected);

}  // namespace gradus::conformance
