#include "autograd/node.h"

#include <atomic>

namespace gradus::autograd {
namespace {

std::atomic<uint64_t> node_counter{0};

}  // namespace

Node::Node(const char* name, State initial, const Shape& value_shape)
    : op(name), state(initial), id(node_counter++), shape(value_shape) {}

uint64_t next_node_id() { return node_counter; }

void defer_destruction(std::span<Edge> edges) {
  thread_local std::vector<std::shared_ptr<Node>> worklist;
  thread_local bool draining = false;
  for (Edge& edge : edges) {
    if (edge.input != nullptr) worklist.push_back(std::move(edge.input));
  }
  if (draining) return;  // a frame below this one empties the list
  draining = true;
  while (!worklist.empty()) {
    const std::shared_ptr<Node> node = std::move(worklist.back());
    worklist.pop_back();
  }
  draining = false;
}

}  // namespace gradus::autograd
