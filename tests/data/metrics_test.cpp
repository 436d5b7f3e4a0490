// Scores against values from their definitions, worked by hand.

#include "data/metrics.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "support.h"

using namespace gradus;
using doctest::Approx;
using testing::contains;
using testing::sentence_of;

namespace {

using Classes = std::vector<int32_t>;
using Numbers = std::vector<real>;
using Scores = std::vector<double>;

}  // namespace

TEST_CASE("two classes: accuracy, F1 and Matthews' correlation from TP, FP, FN, TN") {
  // TP 3, FN 1, FP 2, TN 4
  const Classes truth{1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, predicted{1, 1, 1, 0, 1, 1, 0, 0, 0, 0};
  const ClassificationScore score = score_classes(truth, predicted, 2);
  CHECK(score.accuracy == Approx(0.7));
  CHECK(score.macro_f1 == Approx((6.0 / 9 + 8.0 / 11) / 2));
  CHECK(score.matthews == Approx((3 * 4 - 2 * 1) / std::sqrt(5.0 * 4 * 6 * 5)));
  CHECK(score.confusion == std::vector<int64_t>{4, 2, 1, 3});
  CHECK(score.count(0, 1) == 2);
}

TEST_CASE(
    "three classes: the worked example of R_K, and a class that occurs nowhere counts for none") {
  // of 6 examples 4 are right; the true classes occur 2 2 2 times, the predicted ones 2 3 1 times
  const Classes truth{0, 0, 1, 1, 2, 2}, predicted{0, 1, 1, 1, 2, 0};
  const ClassificationScore score = score_classes(truth, predicted, 4);
  const double right = 4, rk = (right * 6 - (2 * 2 + 2 * 3 + 2 * 1)) / std::sqrt(22.0 * 24.0);
  CHECK(score.accuracy == Approx(right / 6));
  CHECK(score.matthews == Approx(rk));
  CHECK(score.macro_f1 == Approx((2.0 / 4 + 4.0 / 5 + 2.0 / 3) / 3));  // not / 4
}

TEST_CASE("a constant prediction has no correlation; a perfect one has 1, the opposite -1") {
  const Classes truth{0, 1, 0, 1};
  CHECK(score_classes(truth, Classes{0, 0, 0, 0}, 2).matthews == 0);
  CHECK(score_classes(truth, Classes{0, 0, 0, 0}, 2).macro_f1 == Approx(2.0 / 6 * 2 / 2));
  CHECK(score_classes(truth, truth, 2).matthews == Approx(1));
  CHECK(score_classes(truth, Classes{1, 0, 1, 0}, 2).matthews == Approx(-1));
}

TEST_CASE("numbers: Pearson, Spearman with shared ranks, mean squared error") {
  const RegressionScore score = score_numbers(Numbers{1, 2, 3, 4}, Numbers{1, 3, 2, 10});
  CHECK(score.mean_squared_error == Approx((0 + 1 + 1 + 36) / 4.0));
  CHECK(score.pearson == Approx(13.0 / std::sqrt(5.0 * 50.0)));  // means 2.5 and 4
  CHECK(score.spearman == Approx(1 - 6 * 2.0 / (4 * 15)));       // ranks differ by 0 1 1 0
  // ranks 1 2.5 2.5 4 against 1 2 3 4: covariance 4.5, variances 4.5 and 5
  CHECK(score_numbers(Numbers{1, 2, 2, 4}, Numbers{1, 2, 3, 4}).spearman ==
        Approx(4.5 / std::sqrt(4.5 * 5)));
  CHECK(score_numbers(Numbers{1, 2}, Numbers{3, 3}).pearson == 0);
}

TEST_CASE("several labels: F1 of all decisions, mean F1 of labels, exact matches") {
  const Classes truth{1, 0, 1, /**/ 0, 1, 0, /**/ 1, 1, 0},
      predicted{1, 0, 1, /**/ 1, 1, 0, /**/ 0, 1, 0};
  const MultiLabelScore score = score_label_sets(truth, predicted, 3);
  CHECK(score.exact_match == Approx(1.0 / 3));
  CHECK(score.micro_f1 == Approx(2 * 4.0 / (5 + 5)));
  CHECK(score.macro_f1 == Approx((2.0 / 4 + 4.0 / 4 + 2.0 / 2) / 3));
}

TEST_CASE("paired bootstrap: certain for a clear winner, even for a tie, the binomial's error") {
  const Scores right(200, 1.0), wrong(200, 0.0);
  CHECK(paired_bootstrap(right, wrong, 100).a_better == 1);
  CHECK(paired_bootstrap(wrong, right, 100).a_better == 0);
  CHECK(paired_bootstrap(right, right, 100).a_better == 0.5);
  CHECK(paired_bootstrap(right, wrong, 100).standard_error == 0);
  Scores mostly(200, 0.0);
  for (size_t i = 0; i < 120; ++i) mostly[i] = 1;
  const BootstrapResult result = paired_bootstrap(mostly, wrong, 4000, 7);
  CHECK(result.difference == Approx(0.6));
  CHECK(result.standard_error == Approx(std::sqrt(0.6 * 0.4 / 200)).epsilon(0.05));
  CHECK(result.standard_error == paired_bootstrap(mostly, wrong, 4000, 7).standard_error);
}

TEST_CASE("paired bootstrap: how often the difference of two unequal systems changes its sign") {
  // a wins 30, b wins 20 of 100 examples: mean 0.1, error sqrt((0.5 - 0.01) / 100) = 0.07, so
  // P(better) is near Phi(0.1 / 0.07) = 0.923
  Scores a(100, 0.0), b(100, 0.0);
  for (size_t i = 0; i < 50; ++i) (i < 30 ? a : b)[i] = 1;
  CHECK(paired_bootstrap(a, b, 4000).a_better == Approx(0.923).epsilon(0.02));
}

TEST_CASE("mean and spread: the sample's standard deviation") {
  const MeanAndSpread four = mean_and_spread(Scores{2, 4, 4, 6});
  CHECK(four.mean == 4);
  CHECK(four.spread == Approx(std::sqrt(8.0 / 3)));
  CHECK(mean_and_spread(Scores{5}).spread == 0);
}

TEST_CASE("scores refuse what cannot be compared") {
  const auto refused = [](auto f) { return sentence_of<ValueError>(f); };
  CHECK(contains(refused([] { score_classes(Classes{0}, Classes{}, 2); }),
                 "1 true values and 0 predicted ones disagree"));
  CHECK(contains(refused([] { score_classes(Classes{}, Classes{}, 2); }), "0 values are too few"));
  CHECK(contains(refused([] {
                   score_classes(Classes{0, 2}, Classes{0, 1}, 2);
                 }),
                 "class 2 of example 1 is not in [0, 2)"));
  CHECK(contains(refused([] { score_classes(Classes{0}, Classes{-1}, 2); }), "class -1"));
  CHECK(contains(refused([] { score_numbers(Numbers{1}, Numbers{1}); }), "1 values are too few"));
  const real nan = std::numeric_limits<real>::quiet_NaN();
  CHECK(contains(refused([&] { score_numbers(Numbers{1, 2}, Numbers{1, nan}); }), "not finite"));
  CHECK(contains(refused([] {
                   score_label_sets(Classes{0, 1, 0}, Classes{0, 1, 0}, 2);
                 }),
                 "3 values are no whole rows of 2 labels"));
  CHECK(contains(refused([] { score_label_sets(Classes{3}, Classes{1}, 1); }), "0 and 1"));
  CHECK(contains(refused([] { paired_bootstrap(Scores{1}, Scores{}, 3); }), "1 and 0 scores"));
  CHECK(contains(refused([] { mean_and_spread(Scores{}); }), "no values"));
}
