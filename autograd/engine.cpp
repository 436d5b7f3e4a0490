#include "autograd/engine.h"

#include <algorithm>

#include "autograd/observe.h"
#include "tensor/creation.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {

// A leaf without hooks collects straight into the gradient that the user reads.
bool Grad::is_users() const {
  return node_->state == autograd::State::leaf && node_->hooks.empty();
}

// Inner gradients may share storage (x + f(x) hands one dy to both) until somebody writes to them.
Tensor& Grad::writable() const {
  Tensor& grad = is_users() ? node_->grad : node_->incoming;
  if (node_->shares_incoming && grad.defined()) grad = dense_copy(grad);
  node_->shares_incoming = false;
  return grad;
}

Tensor Grad::buffer() const {
  Tensor& grad = writable();
  if (!grad.defined()) grad = zeros(node_->shape);
  return grad;
}

Grad::Accumulator Grad::accumulator() const {
  Tensor& grad = writable();
  if (grad.defined()) return {grad, 1};
  grad = empty(node_->shape);
  return {grad, 0};
}

void Grad::operator+=(Tensor t) const {
  check_shape(t.shape() == node_->shape, "backward of a node after {}: gradient {} for shape {}",
              node_->op, t.shape(), node_->shape);
  Tensor& grad = writable();
  if (grad.defined()) return add_into(grad, t);
  // What the user reads must be nobody else's; what stays inside is copied when it is written.
  const bool whole = t.is_contiguous() && t.offset() == 0 && t.storage()->size() == t.numel();
  const bool shared = t.storage().use_count() > 1;
  const bool adoptable = whole && !(shared && is_users());
  grad = adoptable ? t.detach() : dense_copy(t);
  node_->shares_incoming = adoptable && shared;
}

Tensor replaceable(const Tensor& x) {
  const bool whole = x.is_contiguous() && x.storage()->size() == x.numel();
  // A leaf may have been read by another loss, which has yet to find it unchanged.
  const bool is_leaf = x.node() != nullptr && x.node()->state == autograd::State::leaf;
  const bool mine = x.storage().use_count() == 1;
  return whole && mine && !is_leaf ? x.detach() : Tensor(x.shape());
}

namespace autograd {
namespace {

using Order = std::vector<std::shared_ptr<Node>, CachingAllocator<std::shared_ptr<Node>>>;

bool older(const std::shared_ptr<Node>& a, const std::shared_ptr<Node>& b) { return a->id < b->id; }

void check_runnable(const Node& node, uint64_t oldest) {
  check<GraphError>(node.state != State::freed,
                    "backward: the graph behind {} {} was already freed by an earlier backward; "
                    "add the losses and call backward once, or compute the values again",
                    node.op, node.shape);
  check<GraphError>(node.state == State::leaf || node.id >= oldest,
                    "checkpoint: the function uses {} {}, which has history outside it; pass it as "
                    "an input or detach it",
                    node.op, node.shape);
  check<GraphError>(node.output.unchanged(),
                    "backward: the result of {} {} was changed in place after it was computed",
                    node.op, node.shape);
}

// Every node that root depends on, newest first: a max-heap on the creation id.
void collect(const std::shared_ptr<Node>& root, uint64_t oldest, Order& heap, Order& order) {
  const auto push = [&](const std::shared_ptr<Node>& node) {
    check_runnable(*node, oldest);  // also if a backward around this one has queued it
    if (node->queued) return;
    node->queued = true;
    heap.push_back(node);
    std::push_heap(heap.begin(), heap.end(), older);
  };
  push(root);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), older);
    order.push_back(std::move(heap.back()));
    heap.pop_back();
    Node& node = *order.back();
    for (const Edge& edge : node.edges()) {
      check<GraphError>(edge.saved.unchanged(),
                        "backward: an input of {} -> {} was changed in place after it was used",
                        node.op, node.shape);
      if (grad_of(edge)) push(edge.input);
    }
  }
}

// Hooks see the complete gradient and may replace it. They get a gradient that no other node
// shares, and may register more hooks, which serve from the next backward on.
void run_hooks(Node& node) {
  if (node.hooks.empty()) return;
  if (node.incoming.storage().use_count() > 1) node.incoming = dense_copy(node.incoming);
  const auto hooks = node.hooks;
  for (const auto& hook : hooks) {
    const Tensor replaced = hook(node.incoming);
    if (!replaced.defined()) continue;
    check_shape(replaced.shape() == node.shape, "hook on {}: gradient {} for shape {}", node.op,
                replaced.shape(), node.shape);
    node.incoming = dense_copy(replaced);
  }
}

void keep_grad(Node& node) {
  if (node.grad.defined()) {
    add_into(node.grad, node.incoming);
  } else {
    node.grad = dense_copy(node.incoming);  // the op's backward still reads the other one
  }
}

// Leaves may have been frozen since the op was recorded.
bool wants_any(Node& node) {
  const std::span<const Edge> edges = node.edges();
  return std::any_of(edges.begin(), edges.end(), [](const Edge& e) { return bool(grad_of(e)); });
}

void visit(Node& node) {
  const bool leaf = node.state == State::leaf;
  if (node.incoming.defined()) {
    run_hooks(node);
    if (leaf || node.retains_grad) keep_grad(node);
    if (!leaf && wants_any(node)) node.run(node.incoming);
    node.incoming = Tensor();
  }
  if (leaf) return;
  node.release();
  node.state = State::freed;
  tell_backward_observer(node);
}

// If a closure or a hook throws, no node stays marked or keeps what was on its way.
struct Pass {
  Order heap, order;
  ~Pass() {
    for (const auto* nodes : {&heap, &order}) {
      for (const auto& node : *nodes) {
        if (node == nullptr) continue;
        node->queued = false;
        node->incoming = Tensor();
      }
    }
  }
};

}  // namespace

void backward(const Tensor& root, const Tensor& dy, uint64_t oldest) {
  check<GraphError>(root.node() != nullptr && wants_grad(root),
                    "backward: this tensor {} depends on nothing that requires a gradient "
                    "(gradients themselves cannot be differentiated again)",
                    root.shape());
  check_shape(dy.shape() == root.shape(), "backward: gradient {} for a tensor of shape {}",
              dy.shape(), root.shape());
  const NoGrad guard;
  Pass pass;
  collect(root.node(), oldest, pass.heap, pass.order);
  Grad(root.node().get()) += dense_copy(dy);
  for (std::shared_ptr<Node>& node : pass.order) {
    visit(*node);
    node->queued = false;
    node.reset();
  }
}

}  // namespace autograd
}  // namespace gradus
