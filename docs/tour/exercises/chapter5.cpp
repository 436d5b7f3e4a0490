#include "exercises.h"

namespace exercises {

void accumulate_gradients(const GPT& /*model*/, const Tokens& /*ids*/, const Tokens& /*targets*/) {
  throw std::logic_error("not written yet");
}

}  // namespace exercises
