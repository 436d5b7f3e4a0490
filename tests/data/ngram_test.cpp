#include "data/ngram.h"

#include <doctest/doctest.h>
#include <cmath>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("baselines: the formulas, by hand") {
  const std::vector<int32_t> train{0, 1, 0, 2}, val{0, 1, 2};
  const Baselines b = baselines(train, val, 3);
  CHECK(b.uniform == doctest::Approx(std::log(3.0)));
  // c = (2, 1, 1), N + V = 7: p(1) = 2/7, p(2) = 2/7
  CHECK(b.unigram == doctest::Approx(-std::log(2.0 / 7)));
  // after 0: 1 and 2, once each, T = 2: p(1 | 0) = (1 + 2 * 2/7) / 4
  // after 1: 0, once, T = 1: p(2 | 1) = (0 + 1 * 2/7) / 2
  CHECK(b.bigram == doctest::Approx(-(std::log(11.0 / 28) + std::log(1.0 / 7)) / 2));
}

TEST_CASE("baselines: both models are distributions, also after a token never followed") {
  const std::vector<int32_t> train{3, 0, 1, 0, 2, 2, 1, 0, 4};
  const int32_t V = 6;
  for (int32_t h = 0; h < V; ++h) {
    double unigram = 0, bigram = 0;
    for (int32_t w = 0; w < V; ++w) {
      const std::vector<int32_t> pair{h, w};
      const Baselines b = baselines(train, pair, V);
      unigram += std::exp(-b.unigram);
      bigram += std::exp(-b.bigram);
    }
    CHECK(unigram == doctest::Approx(1));
    CHECK(bigram == doctest::Approx(1));
  }
}

TEST_CASE("baselines: a text in which every token decides the next") {
  std::vector<int32_t> cycle;
  for (int32_t i = 0; i < 4000; ++i) cycle.push_back(i % 4);
  const Baselines b = baselines(cycle, cycle, 4);
  CHECK(b.unigram == doctest::Approx(std::log(4.0)));
  CHECK(b.bigram < 0.002);
}

TEST_CASE("baselines: what cannot be counted") {
  const std::vector<int32_t> one{0}, two{0, 1}, wild{0, 7};
  CHECK_THROWS_WITH(baselines(std::vector<int32_t>(), two, 2),
                    "baselines: 0 tokens to count and 2 to predict; 1 and 2 are needed");
  CHECK_THROWS_AS(baselines(two, one, 2), ValueError);
  CHECK_THROWS_WITH(baselines(wild, two, 2),
                    "baselines: id 7 of the training text is outside [0, 2)");
}
