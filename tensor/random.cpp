#include "tensor/random.h"

namespace gradus {

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(uint64_t seed) { default_generator() = {seed, 0}; }

// FNV-1a over the name; the top bit keeps named draws apart from counted ones.
Draw draw_for(uint64_t seed, std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return {seed, hash | uint64_t{1} << 63};
}

}  // namespace gradus
