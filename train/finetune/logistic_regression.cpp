#include "train/finetune/logistic_regression.h"

#include <algorithm>
#include <numeric>

#include "autograd/mode.h"
#include "autograd/ops.h"
#include "data/random_stream.h"
#include "data/shuffled_batches.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

namespace gradus {
namespace {

size_t words_in(const SparseRows& x, int64_t row) {
  const auto i = static_cast<size_t>(row);
  return x.offsets[i + 1] - x.offsets[i];
}

std::vector<int64_t> all_rows(const SparseRows& x) {
  std::vector<int64_t> rows(static_cast<size_t>(x.rows()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

}  // namespace

// A row's x W is the sum of W's rows for its words, times their values. Rows of fewer words than
// the longest are filled up with the first word, 0 times.
Tensor BagModel::operator()(const SparseRows& x, std::span<const int64_t> rows) const {
  size_t longest = 1;
  for (const int64_t row : rows) longest = std::max(longest, words_in(x, row));
  const auto B = static_cast<int64_t>(rows.size()), K = static_cast<int64_t>(longest);
  Tokens columns({B, K}, 0);
  Tensor values = zeros({B, K, 1});
  real* value = values.mutable_data();
  for (int64_t b = 0; b < B; ++b) {
    const int64_t row = rows[static_cast<size_t>(b)];
    const size_t first = x.offsets[static_cast<size_t>(row)], count = words_in(x, row);
    std::copy_n(x.columns.data() + first, count, columns.data() + b * K);
    std::copy_n(x.values.data() + first, count, value + b * K);
  }
  return sum(embedding(weight, columns) * values, {1}) + bias;  // (B, K, outputs) -> (B, outputs)
}

std::vector<Tensor> BagModel::all(const SparseRows& x) const {
  const EvalMode evaluation;
  constexpr size_t batch = 1024;
  const std::vector<int64_t> rows = all_rows(x);
  std::vector<Tensor> logits;
  for (size_t begin = 0; begin < rows.size(); begin += batch) {
    const size_t count = std::min(batch, rows.size() - begin);
    const Tensor some = (*this)(x, std::span(rows).subspan(begin, count));
    for (int64_t b = 0; b < some.dim(0); ++b) logits.push_back(some.select(0, b));
  }
  return logits;
}

BagModel train_bag_model(const SparseRows& x, const Examples& truth, int64_t outputs,
                         std::span<const int64_t> rows, real penalty, const BagTraining& o) {
  BagModel model{zeros({std::max<int64_t>(1, x.width), outputs}), zeros({outputs})};
  model.weight.requires_grad_();
  model.bias.requires_grad_();
  std::vector<size_t> lengths;
  for (const int64_t row : rows) lengths.push_back(words_in(x, row));
  ShuffledBatches batches(std::move(lengths), o.batch_size, o.seed);
  const int64_t steps = std::max(o.min_steps, o.epochs * batches.batches_per_epoch());
  const Schedule schedule{.decay = Decay::linear, .lr = o.lr, .decay_steps = steps};
  Adam optimizer({{"weight", model.weight}, {"bias", model.bias}}, {.lr = o.lr});
  const real shrink = penalty / (2 * static_cast<real>(rows.size()));
  for (int64_t step = 0; step < steps; ++step) {
    std::vector<int64_t> chosen = batches.next();
    for (int64_t& row : chosen) row = rows[static_cast<size_t>(row)];
    const Tensor loss =
        truth.loss(model(x, chosen), chosen) + shrink * sum(model.weight * model.weight);
    loss.backward();
    optimizer.lr = schedule(step);
    optimizer.step();
    optimizer.zero_grad();
  }
  return model;
}

BagModel train_bag_model(const SparseRows& x, const Examples& truth, int64_t outputs,
                         const BagTraining& o) {
  std::vector<int64_t> rows = all_rows(x);
  RandomStream random(o.seed, "logistic regression/held out", 0, 0);
  shuffle(rows, random);
  const size_t held_out =
      std::max<size_t>(1, rows.size() < 100 ? rows.size() / 3 : rows.size() / 10);
  if (rows.size() <= held_out) return train_bag_model(x, truth, outputs, rows, 1, o);
  const std::span<const int64_t> held = std::span(rows).first(held_out);
  const std::span<const int64_t> rest = std::span(rows).subspan(held_out);
  real best_penalty = 0;
  real least = 0;
  for (const real penalty : {real(30), real(3), real(1) / 3, real(1) / 30}) {
    const BagModel model = train_bag_model(x, truth, outputs, rest, penalty, o);
    const EvalMode evaluation;
    const real loss = truth.loss(model(x, held), held).item();
    if (best_penalty > 0 && !(loss < least)) continue;
    best_penalty = penalty;
    least = loss;
  }
  return train_bag_model(x, truth, outputs, all_rows(x), best_penalty, o);
}

}  // namespace gradus
