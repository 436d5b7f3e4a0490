#pragma once
// Search by meaning: texts are points, and what is near in direction is alike.

#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// Rows of x (N, C) divided by their length, (N, C); rows of zeros stay.
Tensor unit_rows(const Tensor& x);

/// The place of an item in a list, and how well it fits.
struct Match {
  size_t index;
  real score;
};
/// The k items of the greatest score, best first, equal ones in their order; all of them if there
/// are fewer.
std::vector<Match> best_matches(std::span<const real> scores, int64_t k);

/// Embeddings to search in.
///
/// Embeddings of a language model lie in a narrow cone: all of them are alike (Ethayarajh 2019).
/// What they have in common says nothing about any of them, and can be taken away: the mean (Mu &
/// Viswanath 2018, "all but the top", step 1), after which all have length 1 again.
class EmbeddingIndex {
 public:
  enum class Centre { origin, mean };
  /// embeddings (N, C), N > 0. Throws ShapeError for other shapes.
  explicit EmbeddingIndex(const Tensor& embeddings, Centre centre = Centre::mean);

  int64_t size() const { return rows_.dim(0); }
  /// The cosine of every embedding with that of a query (C). Throws ShapeError for another width.
  std::vector<real> scores(const Tensor& query) const;

 private:
  Tensor placed(const Tensor& embeddings) const;

  Tensor centre_;  // (C); undefined at the origin
  Tensor rows_;    // (N, C)
};

}  // namespace gradus
