#include "nn/similarity.h"

#include <algorithm>
#include <numeric>

#include "autograd/mode.h"
#include "autograd/ops.h"
#include "tensor/errors.h"

namespace gradus {

Tensor unit_rows(const Tensor& x) {
  check_shape(x.rank() == 2, "unit_rows: x {} must be (N, C)", x.shape());
  const Tensor squares = sum(x * x, {1}, {.keepdim = true});  // (N, 1)
  return x / where(squares, sqrt(squares), ones(squares.shape()));
}

std::vector<Match> best_matches(std::span<const real> scores, int64_t k) {
  std::vector<Match> all;
  for (size_t i = 0; i < scores.size(); ++i) all.push_back({i, scores[i]});
  const int64_t n = static_cast<int64_t>(all.size()), kept = std::clamp<int64_t>(k, 0, n);
  std::partial_sort(all.begin(), all.begin() + kept, all.end(), [](const Match& a, const Match& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  all.resize(static_cast<size_t>(kept));
  return all;
}

EmbeddingIndex::EmbeddingIndex(const Tensor& embeddings, Centre centre) {
  check_shape(embeddings.rank() == 2 && embeddings.dim(0) > 0,
              "EmbeddingIndex: embeddings {} must be (N, C), N at least 1", embeddings.shape());
  const EvalMode evaluation;
  if (centre == Centre::mean) centre_ = mean(embeddings, {0});
  rows_ = placed(embeddings);
}

Tensor EmbeddingIndex::placed(const Tensor& embeddings) const {
  return unit_rows(centre_.defined() ? embeddings - centre_ : embeddings);
}

std::vector<real> EmbeddingIndex::scores(const Tensor& query) const {
  check_shape(query.rank() == 1 && query.dim(0) == rows_.dim(1),
              "EmbeddingIndex: query {} must be ({}), as wide as the embeddings", query.shape(),
              rows_.dim(1));
  const EvalMode evaluation;
  return matmul(rows_, placed(query.unsqueeze(0)).select(0, 0)).to_vector();
}

}  // namespace gradus
