#include "data/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus {
namespace {

void check_lengths(const char* what, size_t truth, size_t predicted, size_t least) {
  check_value(truth == predicted, "{}: {} true values and {} predicted ones disagree", what, truth,
              predicted);
  check_value(truth >= least, "{}: {} values are too few, {} are needed", what, truth, least);
}

double f1_of(int64_t hits, int64_t predicted, int64_t true_ones) {
  const int64_t both = predicted + true_ones;
  return both == 0 ? 0 : 2 * static_cast<double>(hits) / static_cast<double>(both);
}

// Gorodkin's correlation with s examples, c of them right, t_k of class k and p_k predicted so:
//   R_K = (c s - sum t_k p_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2))
double correlation_of_classes(double s, double c, const std::vector<int64_t>& t,
                              const std::vector<int64_t>& p) {
  double tp = 0, tt = 0, pp = 0;
  for (size_t k = 0; k < t.size(); ++k) {
    const auto true_ones = static_cast<double>(t[k]), predicted = static_cast<double>(p[k]);
    tp += true_ones * predicted;
    tt += true_ones * true_ones;
    pp += predicted * predicted;
  }
  const double scale = std::sqrt((s * s - pp) * (s * s - tt));
  return scale == 0 ? 0 : (c * s - tp) / scale;
}

std::vector<double> average_ranks(std::span<const real> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
    }
    begin = end;
  }
  return ranks;
}

double mean_of(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double pearson(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean_of(x), mean_y = mean_of(y);
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx == 0 || yy == 0 ? 0 : xy / std::sqrt(xx * yy);
}

// Whole numbers below `limit`, without end: the remainder's bias is below limit / 2^64.
class UniformIndices {
 public:
  UniformIndices(Draw draw, size_t limit) : draw_(draw), limit_(limit) {}
  size_t next() {
    const auto words = kernels::random_block(draw_, i_++);
    return (uint64_t{words[1]} << 32 | words[0]) % limit_;
  }

 private:
  Draw draw_;
  size_t limit_;
  uint64_t i_ = 0;
};

}  // namespace

ClassificationScore score_classes(std::span<const int32_t> truth,
                                  std::span<const int32_t> predicted, int64_t classes) {
  check_lengths("score_classes", truth.size(), predicted.size(), 1);
  check_value(classes >= 1, "score_classes: {} classes are too few", classes);
  const auto C = static_cast<size_t>(classes);
  ClassificationScore score{.classes = classes, .confusion = std::vector<int64_t>(C * C)};
  std::vector<int64_t> true_ones(C), predicted_ones(C);
  int64_t right = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    for (const int32_t id : {truth[i], predicted[i]}) {
      check_value(id >= 0 && id < classes,
                  "score_classes: class {} of example {} is not in [0, {})", id, i, classes);
    }
    const auto t = static_cast<size_t>(truth[i]), p = static_cast<size_t>(predicted[i]);
    ++score.confusion[t * C + p];
    ++true_ones[t];
    ++predicted_ones[p];
    right += t == p;
  }
  double f1_sum = 0, occurring = 0;
  for (size_t k = 0; k < C; ++k) {
    f1_sum += f1_of(score.confusion[k * C + k], predicted_ones[k], true_ones[k]);
    occurring += true_ones[k] + predicted_ones[k] > 0;
  }
  const auto s = static_cast<double>(truth.size()), c = static_cast<double>(right);
  score.accuracy = c / s;
  score.macro_f1 = f1_sum / occurring;
  score.matthews = correlation_of_classes(s, c, true_ones, predicted_ones);
  return score;
}

RegressionScore score_numbers(std::span<const real> truth, std::span<const real> predicted) {
  check_lengths("score_numbers", truth.size(), predicted.size(), 2);
  RegressionScore score;
  for (size_t i = 0; i < truth.size(); ++i) {
    check_value(std::isfinite(truth[i]) && std::isfinite(predicted[i]),
                "score_numbers: example {} is {}, predicted as {}: not finite", i, truth[i],
                predicted[i]);
    const double error = double{predicted[i]} - double{truth[i]};
    score.mean_squared_error += error * error / static_cast<double>(truth.size());
  }
  const std::vector<double> x(truth.begin(), truth.end()), y(predicted.begin(), predicted.end());
  score.pearson = pearson(x, y);
  score.spearman = pearson(average_ranks(truth), average_ranks(predicted));
  return score;
}

MultiLabelScore score_label_sets(std::span<const int32_t> truth, std::span<const int32_t> predicted,
                                 int64_t classes) {
  check_lengths("score_label_sets", truth.size(), predicted.size(), 1);
  check_value(classes >= 1 && truth.size() % static_cast<size_t>(classes) == 0,
              "score_label_sets: {} values are no whole rows of {} labels", truth.size(), classes);
  const auto C = static_cast<size_t>(classes);
  const size_t N = truth.size() / C;
  std::vector<int64_t> hits(C), true_ones(C), predicted_ones(C);
  MultiLabelScore score;
  for (size_t n = 0; n < N; ++n) {
    bool exact = true;
    for (size_t k = 0; k < C; ++k) {
      const int32_t t = truth[n * C + k], p = predicted[n * C + k];
      check_value((t == 0 || t == 1) && (p == 0 || p == 1),
                  "score_label_sets: label {} of text {} is {}, predicted as {}; 0 and 1 are "
                  "possible",
                  k, n, t, p);
      hits[k] += t * p;
      true_ones[k] += t;
      predicted_ones[k] += p;
      exact = exact && t == p;
    }
    score.exact_match += (exact ? 1.0 : 0.0) / static_cast<double>(N);
  }
  const auto total = [](const std::vector<int64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), int64_t{0});
  };
  for (size_t k = 0; k < C; ++k) {
    score.macro_f1 += f1_of(hits[k], predicted_ones[k], true_ones[k]) / static_cast<double>(C);
  }
  score.micro_f1 = f1_of(total(hits), total(predicted_ones), total(true_ones));
  return score;
}

BootstrapResult paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                 int64_t samples, uint64_t seed) {
  check_value(a.size() == b.size() && !a.empty(),
              "paired_bootstrap: {} and {} scores; as many of both are needed, and at least one",
              a.size(), b.size());
  check_value(samples >= 1, "paired_bootstrap: {} samples are too few", samples);
  std::vector<double> differences(a.size());
  std::ranges::transform(a, b, differences.begin(), std::minus<>());
  UniformIndices indices(draw_for(seed, "paired_bootstrap"), a.size());
  BootstrapResult result{.difference = mean_of(differences)};
  std::vector<double> resampled(static_cast<size_t>(samples));
  for (double& mean : resampled) {
    for (size_t i = 0; i < a.size(); ++i) mean += differences[indices.next()];
    mean /= static_cast<double>(a.size());
    result.a_better += mean > 0 ? 1.0 : mean == 0 ? 0.5 : 0.0;
  }
  result.a_better /= static_cast<double>(samples);
  result.standard_error = mean_and_spread(resampled).spread;
  return result;
}

MeanAndSpread mean_and_spread(std::span<const double> values) {
  check_value(!values.empty(), "mean_and_spread: there are no values");
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto freedom = static_cast<double>(values.size() - 1);
  return {mean, freedom > 0 ? std::sqrt(squares / freedom) : 0.0};
}

}  // namespace gradus
