#pragma once
// The backward pass.

#include "autograd/record.h"

namespace gradus::autograd {

/// Adds d(root)/d(leaf) * dy to every leaf that root depends on. Nothing is changed unless every
/// node on the way can run: a freed node (backward twice, two losses on one trunk), a saved tensor
/// changed in place, or an inner node older than `oldest` (a tensor smuggled into a checkpoint)
/// throws GraphError first.
void backward(const Tensor& root, const Tensor& dy, uint64_t oldest = 0);

}  // namespace gradus::autograd
