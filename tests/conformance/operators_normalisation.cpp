// Softmax, normalisation and dropout.

#include <functional>
#include <numeric>

#include "autograd/mode.h"
#include "tensor/errors.h"
#include "tests/conformance/operators.h"

namespace gradus::conformance {
namespace {

// (R, C): everything before `axis`, everything from it on
Tensor rows_of(const Tensor& x, int axis) {
  const int64_t* sizes = x.shape().begin();
  const int64_t R = std::accumulate(sizes, sizes + axis, int64_t{1}, std::multiplies<>());
  const int64_t C = std::accumulate(sizes + axis, x.shape().end(), int64_t{1}, std::multiplies<>());
  return x.reshape({R, C});
}

// The shape with every size from `axis` on replaced by 1.
Shape reduced_shape(Shape shape, int axis) {
  for (int d = axis; d < shape.rank(); ++d) shape[d] = 1;
  return shape;
}

// Before opset 13 all dimensions from `axis` (1) on count as one; since then `axis` (-1) stands
// alone.
Operator along_axis(Tensor (*f)(const Tensor&, int)) {
  const auto run = [f](const Call& call) -> std::vector<Value> {
    const Tensor x = call[0].tensor();
    const bool merge = call.opset() < 13;
    const int axis = positive_axis(call.integer("axis", merge ? 1 : -1), x.rank());
    const Tensor y = merge ? f(rows_of(x, axis), 1).reshape(x.shape()) : f(x, axis);
    return {Value(y, call[0].dtype())};
  };
  return {run, {"axis"}};
}

Tensor hardmax(const Tensor& x, int d) {
  const Tokens largest = argmax(x, d);
  const Tensor hot = one_hot(Tokens(x.shape().erase(d), largest.ids), x.dim(d));
  std::vector<int> order;
  for (int i = 0; i + 1 < x.rank(); ++i) order.push_back(i);
  order.insert(order.begin() + d, x.rank() - 1);
  return hot.permute(order);
}

void check_precision(const Call& call) {
  if (call.integer("stash_type", 1) != 1) throw Unsupported("statistics in another precision");
}

// A weight or bias that fills the normalised dimensions goes into the fused op, as (C). A smaller
// one broadcasts: it is applied afterwards.
struct Affine {
  Affine(const Tensor& x, const Tensor& given, int axis) {
    const Shape normalised(std::span(x.shape().begin() + axis, x.shape().end()));
    const bool fuse = given.defined() && given.shape() == normalised;
    (fuse ? fused : later) = fuse ? given.reshape({given.numel()}) : given;
  }
  Tensor fused, later;
};

// Outputs: y, the means and the reciprocals of the standard deviations.
std::vector<Value> layer_normalisation(const Call& call) {
  check_precision(call);
  const Tensor x = call[0].tensor();
  const int axis = positive_axis(call.integer("axis", -1), x.rank());
  const real eps = call.number("epsilon", 1e-5);
  const Tensor rows = rows_of(x, axis);
  Affine weight(x, call.tensor(1), axis), bias(x, call.tensor(2), axis);
  if (weight.later.defined() && bias.fused.defined()) {
    bias.later = call.tensor(2);  // it is added after the weight
    bias.fused = Tensor();
  }
  Tensor y = layer_norm(rows, weight.fused, bias.fused, eps).reshape(x.shape());
  if (weight.later.defined()) y = y * weight.later;
  if (bias.later.defined()) y = y + bias.later;
  const Shape statistics = reduced_shape(x.shape(), axis);
  const Tensor means = mean(rows, {-1}).reshape(statistics);
  const Tensor rstd = rsqrt(var(rows, {-1}, {.correction = 0}) + eps).reshape(statistics);
  return {Value(y, call[0].dtype()), Value(means, "float32"), Value(rstd, "float32")};
}

std::vector<Value> rms_normalisation(const Call& call) {
  check_precision(call);
  const Tensor x = call[0].tensor();
  const int axis = positive_axis(call.integer("axis", -1), x.rank());
  const Affine weight(x, call.tensor(1), axis);
  const real eps = call.number("epsilon", 1e-5);
  Tensor y = rms_norm(rows_of(x, axis), weight.fused, eps).reshape(x.shape());
  if (weight.later.defined()) y = y * weight.later;
  return {Value(y, call[0].dtype())};
}

// ratio is an attribute before opset 12 and an input since; before 7, is_test chose the mode.
// What is dropped depends on the generator, so only what drops nothing can be compared.
std::vector<Value> dropout_of(const Call& call) {
  const real ratio = call.has(1) ? call.tensor(1).reshape({}).item() : call.number("ratio", 0.5);
  const bool training = call.opset() < 7 ? call.integer("is_test", 0) == 0
                                         : call.has(2) && call[2].integers().at(0) != 0;
  if (training && ratio != 0) throw Unsupported("random numbers of another generator");
  const ModeGuard mode(grad_enabled(), training);
  const Tensor y = dropout(call[0].tensor(), ratio);
  const std::string mask = call.opset() < 10 ? call[0].dtype() : "bool";
  return {Value(y, call[0].dtype()), Value(ones(y.shape()), mask)};
}

}  // namespace

void add_normalisations(Table& table) {
  table["Softmax"] = along_axis(softmax);
  table["LogSoftmax"] = along_axis(log_softmax);
  table["Hardmax"] = along_axis(hardmax);
  table["LayerNormalization"] = {layer_normalisation, {"axis", "epsilon", "stash_type"}};
  table["RMSNormalization"] = {rms_normalisation, {"axis", "epsilon", "stash_type"}};
  table["Dropout"] = {dropout_of, {"ratio", "is_test", "seed"}};
}

}  // namespace gradus::conformance
