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
  using Worklist = std::vector<std::shared_ptr<Node>, CachingAllocator<std::shared_ptr<Node>>>;
  // Not the list itself: tensors of static storage duration die after a thread's own objects.
  thread_local Worklist* active = nullptr;
  Worklist mine;
  Worklist& worklist = active != nullptr ? *active : mine;
  for (Edge& edge : edges) {
    if (edge.input.use_count() == 1) worklist.push_back(std::move(edge.input));
    edge.input.reset();  // others still hold it: nothing dies here
  }
  if (active != nullptr) return;  // a frame below this one empties the list
  active = &mine;
  while (!mine.empty()) {
    const std::shared_ptr<Node> node = std::move(mine.back());
    mine.pop_back();
  }
  active = nullptr;
}

}  // namespace gradus::autograd
