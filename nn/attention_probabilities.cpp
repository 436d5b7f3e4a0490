#include "nn/attention_probabilities.h"

#include <algorithm>
#include <vector>

namespace gradus {

Tensor attention_probabilities(const Tensor& q, const Tensor& k, const AttentionOptions& options) {
  const int64_t S = k.dim(1), hs = k.dim(3);
  std::vector<Tensor> columns;
  for (int64_t first = 0; first < S; first += hs) {
    Tensor identity = zeros({S, hs});  // its columns first, first + 1, ...
    for (int64_t i = 0; i < std::min(hs, S - first); ++i) {
      identity.mutable_data()[(first + i) * hs + i] = 1;
    }
    const Tensor v = identity.view({1, S, 1, hs}).expand(k.shape());
    columns.push_back(attention(q, k, v, options));  // (B, T, NH, hs)
  }
  return concat(columns, 3).narrow(3, 0, S).transpose(1, 2);
}

}  // namespace gradus
