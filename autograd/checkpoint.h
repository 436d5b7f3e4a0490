#pragma once
// Activation checkpointing (Chen et al. 2016): keep a function's inputs, forget what happens
// inside, and compute it again in backward. Memory for time.

#include <functional>
#include <span>

#include "autograd/sample.h"
#include "tensor/tensor.h"

namespace gradus {

/// y = fn(inputs), recomputed in backward with the same modes and random numbers. Gradients flow to
/// `inputs` and to `parameters`, the leaves that fn uses besides. Any other tensor with history
/// that fn captures is an error in backward: its gradient would be lost silently.
Tensor checkpoint(std::function<Tensor(Inputs)> fn, std::span<const Tensor> inputs,
                  std::span<const Tensor> parameters);

}  // namespace gradus
