#pragma once
// Node: one value of the graph. A leaf owns the gradient that training reads. An inner node owns
// the backward closure of the op that made its value, and edges to the nodes of the op's inputs.
// Edges run from results to inputs, never back, so the graph cannot hold itself alive.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

/// leaf: made by a user. live: made by an op, backward not yet run. freed: backward has run.
enum class State { leaf, live, freed };

/// The version an op saw of a storage; a writer since then makes its backward wrong.
struct SavedVersion {
  std::weak_ptr<Storage> storage;
  uint64_t version = 0;

  SavedVersion() = default;
  explicit SavedVersion(const Tensor& x) : storage(x.storage()) {
    if (x.defined()) version = x.storage()->version();
  }
  bool unchanged() const {
    const auto alive = storage.lock();
    return alive == nullptr || alive->version() == version;
  }
};

/// One input of an op: its node (null if no gradient can be wanted there) and its version.
struct Edge {
  std::shared_ptr<Node> input;
  SavedVersion saved;
};

struct Node {
  Node(const char* name, State initial, const Shape& value_shape);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// The op's inputs; empty for leaves and freed nodes.
  virtual std::span<Edge> edges() { return {}; }
  /// The vector-Jacobian product: adds to the gradients of the inputs.
  virtual void run(const Tensor& dy) { static_cast<void>(dy); }
  /// Drops the closure with everything it saved, and the edges.
  virtual void release() {}
  /// This value computed again from what its op saved, if that is cheap; otherwise undefined. Ops
  /// that would save it keep this node instead.
  virtual Tensor recomputed() const { return {}; }
  virtual bool is_cheap() const { return false; }

  const char* op;
  State state;
  bool requires_grad = true;  // leaves may be frozen and thawed
  bool retains_grad = false;
  bool queued = false;  // visited by the engine that runs now
  uint64_t id;          // creation order: an op's id exceeds those of its inputs
  Shape shape;
  SavedVersion output;
  Tensor grad;                   // leaves, and inner nodes that retain it: what the user reads
  Tensor incoming;               // the gradient of this value, while the engine collects it
  bool shares_incoming = false;  // others see its storage: to be copied before it is written
  std::vector<std::function<Tensor(const Tensor&)>> hooks;
};

/// Id that the next node will get: everything older was made before this moment.
uint64_t next_node_id();

/// Moves the inputs of dying nodes to a worklist, so that a chain of a million nodes is destroyed
/// by a loop and not by recursion.
void defer_destruction(std::span<Edge> edges);

}  // namespace gradus::autograd
