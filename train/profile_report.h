#pragma once
// A profile beside the peaks of the machine: which ops wait for arithmetic, which for memory, and
// what could still be won.

#include <nlohmann/json.hpp>

#include "train/bench_floor.h"
#include "train/profile.h"

namespace gradus {

/// What would bound an op that lost no time otherwise: its arithmetic or its traffic, whichever
/// takes longer at the machine's peak. Traffic that is faster than memory came from the caches.
/// Views and bookkeeping have no roof.
enum class Bound { none, arithmetic, memory, caches };

struct Roof {
  Bound bound = Bound::none;
  double seconds = 0;  // that the work takes at the peak of what bounds it
};
Roof roof_of(const ProfileRow& row, const Peaks& peaks);

struct ProfileReport {
  std::string preset = {};
  Precision precision = Precision::float32;  // of matrix products
  StepProfile step = {};
  double unwatched_seconds = 0;  // of the fastest step without a profile
  Peaks peaks = {};
  std::vector<std::string> warnings = {};  // slow_paths()
};

/// "71 % of the step is matrix products at 83 % of peak; the largest other cost is gelu, 5 %."
std::string profile_verdict(const StepProfile& step, const Peaks& peaks);

/// A table with the longest row first, the warnings, the verdict.
std::string profile_text(const ProfileReport& report);
nlohmann::ordered_json profile_json(const ProfileReport& report);

}  // namespace gradus
