#include "train/finetune/examples.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops.h"

namespace gradus {

std::optional<double> Score::standard_error() const {
  if (outcomes.size() < 2) return {};
  return mean_and_spread(outcomes).spread / std::sqrt(static_cast<double>(outcomes.size()));
}

int64_t Examples::shortened() const {
  return std::ranges::count_if(encodings_, [](const Encoding& e) { return e.dropped > 0; });
}

std::vector<int32_t> largest_of_rows(const Tensor& logits) {
  const Tokens best = argmax(logits, -1);
  return {best.ids.begin(), best.ids.end()};
}

}  // namespace gradus
