#include "exercises.h"

namespace exercises {

std::vector<int32_t> merge(const std::vector<int32_t>& /*ids*/, int32_t /*a*/, int32_t /*b*/,
                           int32_t /*c*/) {
  throw std::logic_error("not written yet");
}

}  // namespace exercises
