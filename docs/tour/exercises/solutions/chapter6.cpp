#include "../exercises.h"

namespace exercises {

std::vector<int32_t> merge(const std::vector<int32_t>& ids, int32_t a, int32_t b, int32_t c) {
  std::vector<int32_t> merged;
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool pair = i + 1 < ids.size() && ids[i] == a && ids[i + 1] == b;
    merged.push_back(pair ? c : ids[i]);
    if (pair) ++i;
  }
  return merged;
}

}  // namespace exercises
