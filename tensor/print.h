#pragma once
// Tensors as text, by the rules that PyTorch users know:
//   tensor([[ 1.0000, -2.5000],
//           [ 0.0000,  3.0000]])

#include <fmt/format.h>

#include <string>

#include "tensor/tensor.h"

namespace gradus {

/// Four decimals in columns of one width; whole numbers as `1.`; scientific notation where sizes
/// differ by more than 1000; three items at each edge above 1000 elements; lines of 80 characters.
std::string to_string(const Tensor& x);

}  // namespace gradus

/// fmt::print("{}\n", x)
template <>
struct fmt::formatter<gradus::Tensor> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const gradus::Tensor& x, fmt::format_context& out) const;
};
