#include "train/weights_page.h"

#include "nn/gpt.h"
#include "tests/data/support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("histogram: mean, deviation and extremes by hand; nothing is lost beyond the last bins") {
  const Histogram h = histogram(from_data({4}, {-1, 1, -1, 1}));
  CHECK(h.mean == doctest::Approx(0));
  CHECK(h.deviation == doctest::Approx(1));
  CHECK(h.least == -1);
  CHECK(h.most == 1);
  CHECK(h.beyond_three == 0);
  CHECK(h.counts[18] == 2);  // -1 begins bin 3/8 · 48
  CHECK(h.counts[30] == 2);
  std::vector<real> far(100, 0);
  far.back() = 50;
  const Histogram outlier = histogram(from_data({100}, far));
  CHECK(outlier.counts.back() == 1);
  CHECK(outlier.beyond_three == doctest::Approx(0.01));
}

TEST_CASE("histogram: equal numbers and none at all are no reason to divide by zero") {
  const Histogram equal = histogram(full({10}, 3));
  CHECK(equal.deviation == 0);
  CHECK(equal.counts[Histogram::bins / 2] == 10);
  CHECK(histogram(empty({0})).mean == 0);
}

TEST_CASE("histogram: of normal numbers 0.27 % lie beyond three deviations") {
  const Histogram h = histogram(randn({200'000}, {1, 1}));
  CHECK(h.beyond_three == doctest::Approx(0.0027).epsilon(0.15));
}

TEST_CASE("weights_page: a card for every matrix, none for vectors") {
  const GPT model({.block_size = 3, .vocab_size = 5, .n_layer = 1, .n_head = 2, .n_embd = 4});
  const std::string page = weights_page(model, "tiny");
  CHECK(occurrences(page, "<div class=\"card\">") == 6);
  CHECK(contains(page, "h.0.mlp.c_fc.weight"));
  CHECK_FALSE(contains(page, "c_fc.bias"));
}
