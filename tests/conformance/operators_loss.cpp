// Losses over classes: scores (N, C, d1, ...), labels (N, d1, ...).

#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

// (N, C, d1, ...) -> (N, d1, ..., C)
Tensor classes_last(const Tensor& x) {
  std::vector<int> order = {0};
  for (int d = 2; d < x.rank(); ++d) order.push_back(d);
  order.push_back(1);
  return x.permute(order);
}

Reduction reduction_of(const Call& call) {
  const std::string name = call.text("reduction", "mean");
  if (name == "none") return Reduction::none;
  if (name == "sum") return Reduction::sum;
  check_value(name == "mean", "reduction is {}", name);
  return Reduction::mean;
}

struct Labels {
  explicit Labels(const Call& call) : ids(call[1].shape()) {
    const std::vector<int64_t> given = call[1].integers();
    for (size_t i = 0; i < given.size(); ++i) ids.ids[i] = static_cast<int32_t>(given[i]);
    if (call.has("ignore_index")) ignored = static_cast<int32_t>(call.integer("ignore_index"));
  }
  Tokens ids;
  int32_t ignored = -100;  // no label: labels are classes
};

// The second output is log softmax(scores).
std::vector<Value> softmax_cross_entropy(const Call& call) {
  const Tensor scores = call[0].tensor();
  const Labels labels(call);
  const Tensor loss = cross_entropy(classes_last(scores), labels.ids,
                                    {.ignore_index = labels.ignored,
                                     .class_weight = call.tensor(2),
                                     .reduction = reduction_of(call)});
  std::vector<Value> values = {Value(loss, call[0].dtype())};
  if (call.wants(1)) values.emplace_back(log_softmax(scores, 1), call[0].dtype());
  return values;
}

// The first argument holds log-probabilities, whose sums need not be 1:
//   loss = -weight[label] * x[label], 0 where the label is ignored
std::vector<Value> negative_log_likelihood(const Call& call) {
  const Tensor x = classes_last(call[0].tensor());  // (N, d1, ..., C)
  Labels labels(call);
  Tensor counts = ones(labels.ids.shape);
  for (size_t i = 0; i < labels.ids.ids.size(); ++i) {
    if (labels.ids.ids[i] != labels.ignored) continue;
    labels.ids.ids[i] = 0;
    counts.mutable_data()[i] = 0;
  }
  const int last = labels.ids.shape.rank();
  const Tokens column(labels.ids.shape.insert(last, 1), labels.ids.ids);
  const Tensor picked = gather(x, last, column).squeeze(last);
  Tensor weight = counts;
  if (call.has(2)) {
    const Tensor of_class = call.tensor(2).reshape({x.dim(-1), 1});
    weight = weight * embedding(of_class, labels.ids).squeeze(last);
  }
  const Tensor loss = where(counts, -picked * weight, scalar(0));
  const Reduction reduction = reduction_of(call);
  if (reduction == Reduction::none) return {Value(loss, call[0].dtype())};
  const Tensor total = sum(loss);
  const Tensor y = reduction == Reduction::sum ? total : total / sum(weight);
  return {Value(y, call[0].dtype())};
}

}  // namespace

void add_losses(Table& table) {
  const std::vector<std::string> attributes = {"ignore_index", "reduction"};
  table["SoftmaxCrossEntropyLoss"] = {softmax_cross_entropy, attributes};
  table["NegativeLogLikelihoodLoss"] = {negative_log_likelihood, attributes};
}

}  // namespace gradus::conformance
