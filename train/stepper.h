#pragma once
// The stepper: one small forward and backward pass, op by op, with everything that can be known of
// each value: formula, shape, numbers, gradient, and what a finite difference says of it.

#include <functional>
#include <string>
#include <vector>

#include "tensor/named_tensor.h"

namespace gradus {

/// Something small to walk through. `forward` computes a scalar from the leaves and nothing else,
/// the same one every time.
struct Walkable {
  std::string name, title, about;
  std::vector<NamedTensor> leaves;
  std::function<Tensor()> forward;
};

/// neuron, classifier, attention, gpt.
std::vector<std::string> walkable_names();
/// Throws ValueError for any other name.
Walkable walkable(const std::string& name);

/// What an op computes and how its backward goes, as in autograd/ops/.
struct Formula {
  std::string forward, backward;
};
/// Throws ValueError for an op that has none.
Formula formula_of(const std::string& op);

/// A value of the walk: a leaf, or the result of an op on earlier values.
struct WalkStep {
  std::string name;                               // of a leaf; otherwise "#3"
  std::string op = {};                            // empty for a leaf
  static constexpr size_t constant = ~size_t{0};  // an input that no gradient is wanted of
  std::vector<size_t> inputs = {};
  Shape shape;
  std::vector<real> values = {};
  std::vector<real> gradient = {};     // of the result; empty if none flows here
  std::vector<real> differences = {};  // central finite differences, one for each element
};

/// Leaves first, then results in the order in which they were computed; the last is the scalar.
std::vector<WalkStep> walk(const Walkable& subject);
/// Largest |gradient - difference| of a step, relative to its largest difference; a gradient that
/// is missing counts as 0, one that is not finite as infinitely wrong.
double disagreement(const WalkStep& step);

/// As a page of its own, without network; as text.
std::string to_html(const Walkable& subject, const std::vector<WalkStep>& steps);
std::string to_text(const Walkable& subject, const std::vector<WalkStep>& steps);

}  // namespace gradus
