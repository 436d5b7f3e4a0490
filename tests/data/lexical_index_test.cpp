// Search by words, on texts whose weights can be reckoned by hand.

#include "data/lexical_index.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/errors.h"

using namespace gradus;

TEST_CASE("a text is its own nearest, and texts without a word in common are worth nothing") {
  const std::vector<std::string> texts{"the cat sat", "the dog ran", "rain fell"};
  const LexicalIndex index(texts);
  REQUIRE(index.size() == 3);
  const std::vector<real> scores = index.scores("The cat sat");
  CHECK(static_cast<double>(scores[0]) == doctest::Approx(1).epsilon(1e-5));
  CHECK(scores[1] > 0);
  CHECK(scores[1] < scores[0]);
  CHECK(scores[2] == 0);
}

TEST_CASE("the cosine is that of weights n ln(N / d)") {
  const std::vector<std::string> texts{"the cat", "the cat cat ran", "the"};
  const LexicalIndex index(texts);
  // N = 3: the ln(3/3) = 0, cat ln(3/2), ran ln 3. Text 1 is (2 ln 1.5, ln 3) by (cat, ran).
  const double cat = 2 * std::log(1.5), ran = std::log(3.0);
  const std::vector<real> scores = index.scores("a cat");
  CHECK(static_cast<double>(scores[0]) == doctest::Approx(1).epsilon(1e-5));
  CHECK(static_cast<double>(scores[1]) ==
        doctest::Approx(cat / std::hypot(cat, ran)).epsilon(1e-5));
  CHECK(scores[2] == 0);
}

TEST_CASE("a query of unknown words finds nothing, and an index of nothing is refused") {
  const std::vector<std::string> texts{"one two", "three"};
  for (const real score : LexicalIndex(texts).scores("four")) CHECK(score == 0);
  CHECK_THROWS_AS(LexicalIndex(std::span<const std::string>{}), ValueError);
}
