#pragma once
// The graph as a picture: Graphviz DOT.

#include <string>

#include "tensor/tensor.h"

namespace gradus {

/// Every node that `root` depends on, with op and shape; leaves are ellipses, frozen leaves dashed,
/// nodes whose backward has run dotted: `dot -Tsvg graph.dot > graph.svg`.
std::string to_dot(const Tensor& root);

}  // namespace gradus
