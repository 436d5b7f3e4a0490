#pragma once
// Initial values of parameters. Meta tensors are left alone.

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradus::init {

/// x ~ N(0, std²)
void normal(Tensor x, real std, Draw draw);
/// x ~ U(-bound, bound)
void uniform(Tensor x, real bound, Draw draw);
void constant(Tensor x, real value);

}  // namespace gradus::init
