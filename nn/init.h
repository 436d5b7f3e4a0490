#pragma once
// Initial values of parameters. Meta tensors are left alone.

#include <span>

#include "tensor/named_tensor.h"
#include "tensor/random.h"

namespace gradus::init {

/// x ~ N(0, std²)
void normal(Tensor x, real std, Draw draw);
/// x ~ U(-bound, bound)
void uniform(Tensor x, real bound, Draw draw);
void constant(Tensor x, real value);

/// As GPT-2 and BERT begin: matrices N(0, std²), biases 0, the weights of norms 1. Each stream
/// depends on the seed of the default generator and the parameter's name alone.
void transformer(std::span<const NamedTensor> parameters, real std);

}  // namespace gradus::init
