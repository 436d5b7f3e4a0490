#pragma once

#include <string>

#include "tensor/tensor.h"

namespace gradus {

/// A tensor and its full name, such as "h.0.attn.c_attn.weight".
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

}  // namespace gradus
