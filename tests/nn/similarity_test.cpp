// Search by meaning: lengths, order, and what taking the mean away does.

#include "nn/similarity.h"

#include <cmath>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("rows get length 1, and a row of zeros stays") {
  const Tensor x = unit_rows(from_data({3, 2}, {3, 4, 0, 0, 0, -2}));
  CHECK(difference(x, from_data({3, 2}, {real(0.6), real(0.8), 0, 0, 0, -1})) == "");
}

TEST_CASE("the best matches come first, equal ones in their order") {
  const std::vector<real> scores{real(0.5), 2, real(0.5), -1};
  std::vector<size_t> order;
  for (const Match& m : best_matches(scores, 3)) order.push_back(m.index);
  CHECK(order == std::vector<size_t>{1, 0, 2});
  CHECK(best_matches(scores, 9).size() == 4);
  CHECK(best_matches(scores, 0).empty());
  CHECK(best_matches({}, 3).empty());
}

TEST_CASE("scores are cosines, whatever the length of rows and query") {
  const EmbeddingIndex index(from_data({3, 2}, {2, 0, 0, 5, 3, 3}), EmbeddingIndex::Centre::origin);
  const std::vector<real> scores = index.scores(from_data({2}, {7, 0}));
  CHECK(scores[0] == doctest::Approx(1));
  CHECK(scores[1] == doctest::Approx(0));
  CHECK(scores[2] == doctest::Approx(std::sqrt(0.5)));
}

TEST_CASE("without the mean, what all embeddings share no longer counts") {
  // Two groups that differ in the last number, far out along the first.
  const Tensor rows = from_data({4, 2}, {100, 1, 101, 1, 100, -1, 101, -1});
  const Tensor query = from_data({2}, {real(100.5), 1});
  const std::vector<real> alike =
      EmbeddingIndex(rows, EmbeddingIndex::Centre::origin).scores(query);
  for (const real score : alike) CHECK(score > real(0.99));
  const std::vector<real> apart = EmbeddingIndex(rows).scores(query);
  // Centred: (±0.5, ±1) against (0, 1).
  for (size_t i = 0; i < 4; ++i) {
    const double expected = (i < 2 ? 1 : -1) / std::sqrt(1.25);
    CHECK(static_cast<double>(apart[i]) == doctest::Approx(expected).epsilon(1e-4));
  }
}

TEST_CASE("an index of nothing and a query of another width are refused") {
  CHECK_THROWS_AS(EmbeddingIndex(zeros({0, 3})), ShapeError);
  const EmbeddingIndex index(ones({2, 3}));
  CHECK(message_of<ShapeError>([&] { index.scores(ones({4})); }) ==
        "EmbeddingIndex: query (4) must be (3), as wide as the embeddings");
}
