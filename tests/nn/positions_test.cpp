// Positions against the formulas, values and programs of their papers.

#include "nn/positions.h"

#include <cmath>

#include "autograd/mode.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("sinusoids are those of Vaswani et al. 2017, §3.5") {
  const Tensor table = sinusoids(places_from(0, 3), 4);
  const double slow = std::pow(10000.0, -0.5);
  for (int64_t p = 0; p < 3; ++p) {
    const auto t = static_cast<double>(p);
    const double expected[] = {std::sin(t), std::cos(t), std::sin(t * slow), std::cos(t * slow)};
    for (int64_t c = 0; c < 4; ++c) {
      CHECK(table.data()[4 * p + c] == doctest::Approx(expected[c]).epsilon(1e-6));
    }
  }
  CHECK(bit_difference(sinusoids(places_from(7, 5), 6),
                       sinusoids(places_from(0, 12), 6).narrow(0, 7, 5)) == "");
}

TEST_CASE("rotary angles are position times theta^(-2i/hs), precise far from the beginning") {
  const RopeAngles far = rope_angles(Tokens({1}, {100000}), 8, 10000);
  for (int64_t i = 0; i < 4; ++i) {
    const double angle = 100000 * std::pow(10000.0, -2.0 * static_cast<double>(i) / 8);
    CHECK(far.cos.data()[i] == doctest::Approx(std::cos(angle)).epsilon(1e-6));
    CHECK(far.sin.data()[i] == doctest::Approx(std::sin(angle)).epsilon(1e-6));
  }
}

TEST_CASE("rope: the score of a query and a key depends on their distance alone") {
  const NoGrad guard;
  const int64_t hs = 16;
  const Tensor q = randn({1, 1, 1, hs}, {1, 1}), k = randn({1, 1, 1, hs}, {1, 2});
  const auto score = [&](int64_t at_q, int64_t at_k) {
    const RopeAngles for_q = rope_angles(places_from(at_q, 1), hs, 10000);
    const RopeAngles for_k = rope_angles(places_from(at_k, 1), hs, 10000);
    return sum(rope(q, for_q.cos, for_q.sin) * rope(k, for_k.cos, for_k.sin)).item();
  };
  for (const int64_t distance : {-3, 0, 1, 17}) {
    const real near = score(40 + distance, 40);
    CHECK(score(1000 + distance, 1000) == doctest::Approx(near).epsilon(1e-4));
  }
  CHECK(score(40, 40) == doctest::Approx(sum(q * k).item()).epsilon(1e-5));
  CHECK(std::abs(score(43, 40) - score(44, 40)) > 1e-3);
}

TEST_CASE("ALiBi's slopes are those of Press et al. 2022, for any number of heads") {
  const auto check_exponents = [](const std::vector<double>& expected) {
    const std::vector<real> slopes = alibi_slopes(static_cast<int64_t>(expected.size()));
    REQUIRE(slopes.size() == expected.size());
    for (size_t h = 0; h < slopes.size(); ++h) {
      CHECK(-std::log2(static_cast<double>(slopes[h])) ==
            doctest::Approx(expected[h]).epsilon(1e-6));
    }
  };
  check_exponents({8});
  check_exponents({2, 4, 6, 8});
  check_exponents({1, 2, 3, 4, 5, 6, 7, 8});
  check_exponents({2, 4, 6, 8, 1, 3});
  check_exponents({1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5});
}

TEST_CASE("ALiBi: attention with its bias is softmax(q k / sqrt(hs) - slope distance)") {
  const NoGrad guard;
  const int64_t T = 3, S = 5, NH = 2, hs = 4;
  const Tensor q = randn({1, T, NH, hs}, {2, 1}), k = randn({1, S, NH, hs}, {2, 2});
  const Tensor v = randn({1, S, NH, hs}, {2, 3});
  Tensor by_hand({NH, T, S});
  for (int64_t h = 0; h < NH; ++h) {
    for (int64_t t = 0; t < T; ++t) {
      for (int64_t j = 0; j < S; ++j) {
        const auto distance = static_cast<real>(std::abs(t + S - T - j));
        by_hand.mutable_data()[(h * T + t) * S + j] =
            -alibi_slopes(NH)[static_cast<size_t>(h)] * distance;
      }
    }
  }
  const Tensor by_distance = attention(q, k, v, {.relative_bias = alibi_bias(NH, T, S)});
  CHECK(difference(by_distance, attention(q, k, v, {.bias = by_hand})) == "");
}

TEST_CASE("T5's buckets are those of its program") {
  const std::pair<int64_t, int64_t> both_ways[] = {{-200, 15}, {-64, 14}, {-20, 10}, {-8, 8},
                                                   {-1, 1},    {0, 0},    {1, 17},   {8, 24},
                                                   {64, 30},   {128, 31}};
  for (const auto& [ahead, bucket] : both_ways) CHECK(relative_bucket(ahead, true) == bucket);
  const std::pair<int64_t, int64_t> backwards[] = {{3, 0},    {0, 0},    {-15, 15},  {-16, 16},
                                                   {-32, 21}, {-64, 26}, {-128, 31}, {-5000, 31}};
  for (const auto& [ahead, bucket] : backwards) CHECK(relative_bucket(ahead, false) == bucket);
}

TEST_CASE("T5's bias of a distance is the same wherever query and key stand, and it learns") {
  const Tensor table = randn({32, 2}, {3, 1}).requires_grad_();
  const Tensor whole = relative_bias(table, 6, 6, false), late = relative_bias(table, 1, 6, false);
  CHECK(whole.shape() == Shape{2, 11});
  CHECK(bit_difference(late.detach(), whole.detach().narrow(1, 5, 6)) == "");
  sum(whole).backward();
  CHECK(table.grad().data()[0] == 6);  // distances of 5 to 0 ahead share a bucket here
  CHECK(table.grad().data()[2 * 5] == 1);
  CHECK(table.grad().data()[2 * 6] == 0);
}
