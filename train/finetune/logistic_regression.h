#pragma once
// Logistic regression on bags of words: what can be known without word order, context and
// pre-training. Trained by the same losses, gradients and optimizer as the networks that are read
// against it; under another loss it is linear regression, or one classifier for each of several
// labels.

#include "data/bag_of_words.h"
#include "train/finetune/examples.h"

namespace gradus {

/// logits = x W + b
struct BagModel {
  Tensor weight;  // (V, outputs)
  Tensor bias;    // (outputs)

  /// Rows of a sparse matrix of V columns -> (rows, outputs).
  Tensor operator()(const SparseRows& x, std::span<const int64_t> rows) const;
  /// Logits of all rows, (outputs) each.
  std::vector<Tensor> all(const SparseRows& x) const;
};

struct BagTraining {
  int64_t batch_size = 256;
  int64_t epochs = 10;
  int64_t min_steps = 300;  // as many epochs as this takes, if that is more
  real lr = real(0.05);
  uint64_t seed = 0;
};

/// Minimises mean loss + penalty / (2 N) |W|² over the N rows, the loss being that of the examples
/// (row i of x is example i), by Adam with a learning rate that falls to 0.
BagModel train_bag_model(const SparseRows& x, const Examples& truth, int64_t outputs,
                         std::span<const int64_t> rows, real penalty,
                         const BagTraining& options = {});

/// The same on all rows, with the penalty out of 1/30, 1/3, 3 and 30 that loses least on a tenth
/// of the rows (a third of fewer than 100) when it is trained on the others.
BagModel train_bag_model(const SparseRows& x, const Examples& truth, int64_t outputs,
                         const BagTraining& options = {});

}  // namespace gradus
