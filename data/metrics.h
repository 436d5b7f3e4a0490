#pragma once
// How good predictions are: classes, numbers, several labels at once; and how sure that is.

#include <span>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// C classes; each figure as scikit-learn defines it.
struct ClassificationScore {
  int64_t classes = 0;
  std::vector<int64_t> confusion;  // (C, C): rows are the truth, columns what was predicted
  double accuracy = 0;
  /// Mean F1 of the classes that occur in the truth or in the predictions. A class's
  /// F1 = 2 TP / (2 TP + FP + FN).
  double macro_f1 = 0;
  /// The correlation of truth and prediction, R_K (Gorodkin 2004, eq. 8); for two classes Matthews'
  /// (1975). 0 where one of them is constant.
  double matthews = 0;

  int64_t count(int32_t truth, int32_t predicted) const {
    return confusion[static_cast<size_t>(truth * classes + predicted)];
  }
};

/// Throws ValueError for no predictions, unequal lengths, and a class outside [0, classes).
ClassificationScore score_classes(std::span<const int32_t> truth,
                                  std::span<const int32_t> predicted, int64_t classes);

/// Predicted numbers against true ones. Where one side is constant, correlations are 0.
struct RegressionScore {
  double pearson = 0;
  double spearman = 0;  // Pearson's of the ranks; equal numbers share the mean of their ranks
  double mean_squared_error = 0;
};

/// Throws ValueError for fewer than two numbers, unequal lengths, and what is not finite.
RegressionScore score_numbers(std::span<const real> truth, std::span<const real> predicted);

/// Any number of C labels for each of N texts.
struct MultiLabelScore {
  double micro_f1 = 0;     // of all N * C decisions together
  double macro_f1 = 0;     // mean over labels; one that is neither true nor predicted counts 0
  double exact_match = 0;  // share of texts all of whose labels are right
};

/// `truth` and `predicted` (N, C), row-major, 1 where a label applies and 0 elsewhere. Throws
/// ValueError for another number or length.
MultiLabelScore score_label_sets(std::span<const int32_t> truth, std::span<const int32_t> predicted,
                                 int64_t classes);

/// What resampling the examples says about the difference between two systems.
struct BootstrapResult {
  double difference = 0;      // mean score of a less that of b
  double standard_error = 0;  // of that difference
  double a_better = 0;        // share of resamples in which a is better; a tie counts half
};

/// Paired bootstrap (Efron & Tibshirani 1993; Koehn 2004): `samples` times as many examples are
/// drawn with replacement. `a` and `b` hold each example's score, 1 for right and 0 for wrong, or
/// an F1. Throws ValueError for no examples, unequal lengths and samples below 1.
BootstrapResult paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                 int64_t samples = 10000, uint64_t seed = 0);

struct MeanAndSpread {
  double mean = 0;
  double spread = 0;  // sample standard deviation (n - 1); 0 for a single value
};

/// Throws ValueError for no values.
MeanAndSpread mean_and_spread(std::span<const double> values);

}  // namespace gradus
