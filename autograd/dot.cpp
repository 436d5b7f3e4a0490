#include "autograd/dot.h"

#include <unordered_set>

#include "autograd/node.h"

namespace gradus {
namespace {

std::string describe(const autograd::Node& node) {
  const bool leaf = node.state == autograd::State::leaf;
  const bool frozen = leaf && !node.requires_grad;
  const bool freed = node.state == autograd::State::freed;
  const char* style = frozen ? ", style=dashed" : freed ? ", style=dotted" : "";
  return fmt::format("  n{} [label=\"{}\\n{}\", shape={}{}];\n", node.id, node.op, node.shape,
                     leaf ? "ellipse" : "box", style);
}

}  // namespace

std::string to_dot(const Tensor& root) {
  std::string text = "digraph gradus {\n  rankdir=BT;\n";
  std::unordered_set<uint64_t> seen;
  std::vector<autograd::Node*> waiting{root.node().get()};
  while (!waiting.empty()) {
    autograd::Node* node = waiting.back();
    waiting.pop_back();
    if (node == nullptr || !seen.insert(node->id).second) continue;
    text += describe(*node);
    for (const autograd::Edge& edge : node->edges()) {
      if (edge.input == nullptr) continue;
      text += fmt::format("  n{} -> n{};\n", edge.input->id, node->id);
      waiting.push_back(edge.input.get());
    }
  }
  return text + "}\n";
}

}  // namespace gradus
