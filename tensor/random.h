#pragma once
// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3"). Element i of draw c is a pure function of (seed, c, i): no state to share
// between threads, and a mask can be computed again in backward instead of being stored.

#include <string_view>

#include "tensor/real.h"

namespace gradus {

/// One draw: everything needed to make the same numbers again.
struct Draw {
  uint64_t seed = 0;
  uint64_t counter = 0;
};

/// Hands out draws. Two numbers are its whole state, so that a resumed run goes on bit for bit.
struct Generator {
  uint64_t seed = 0;
  uint64_t counter = 0;
  Draw next() { return {seed, counter++}; }
};

/// The generator that random ops use unless they are given one.
Generator& default_generator();
/// Restarts the default generator.
void manual_seed(uint64_t seed);

/// A draw that depends on a name alone, e.g. a parameter's: adding a layer changes no other.
Draw draw_for(uint64_t seed, std::string_view name);

}  // namespace gradus
