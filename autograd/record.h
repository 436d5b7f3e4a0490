#pragma once
// record(): how an op enters the graph. The backward of an op is a closure whose signature is its
// vector-Jacobian product: the gradient dy of the result, then one Grad per input to add to.
//
//   Tensor mul(const Tensor& a, const Tensor& b) {
//     Tensor y = ...;
//     return record("mul", y, [=](const Tensor& dy, Grad da, Grad db) {
//       if (da) da += dy * b;
//       if (db) db += dy * a;
//     }, a, b);
//   }
//
// What the closure captures is what is saved for backward, and it dies as soon as it has run.
// The node hangs on the returned value only: a captured y has none, so there are no cycles. A
// closure that has a member value() can make y again cheaply, and others need not save it.

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>

#include "autograd/mode.h"
#include "autograd/node.h"
#include "autograd/observe.h"

namespace gradus {

/// Where one input's gradient is collected: dense, row-major, in the input's shape.
class Grad {
 public:
  Grad() = default;
  explicit Grad(autograd::Node* node) : node_(node) {}

  /// Whether this gradient is wanted. Asking for the gradient otherwise is a programming error.
  explicit operator bool() const { return node_ != nullptr; }

  /// The shape of the input and of its gradient.
  const Shape& shape() const { return node_->shape; }

  /// The gradient so far, zeros at first, for kernels that add to it.
  Tensor buffer() const;

  /// The same for kernels that skip what is not wanted: the buffer's data, or null.
  real* data_or_null() const { return *this ? buffer().mutable_data() : nullptr; }

  /// For kernels that scale what is there, as GEMM does: beta is 0 at first (and the contents are
  /// undefined), then 1.
  struct Accumulator {
    Tensor tensor;
    real beta;
  };
  Accumulator accumulator() const;

  /// Adds t, of the input's shape. The first t is adopted without copying where nobody can notice.
  void operator+=(Tensor t) const;

 private:
  bool is_users() const;
  Tensor& writable() const;
  autograd::Node* node_ = nullptr;
};

/// Where backward may write a result of x's shape that replaces x: in x's own memory if x is the
/// result of an op and nobody else can see it, otherwise in fresh memory. The closure that saved x
/// should drop it afterwards.
Tensor replaceable(const Tensor& x);

namespace autograd {

/// Whether gradients can flow to x.
inline bool wants_grad(const Tensor& x) {
  return x.node() != nullptr && (x.node()->state != State::leaf || x.node()->requires_grad);
}

/// The Grad of an edge: empty if the input wants none.
inline Grad grad_of(const Edge& edge) {
  Node* node = edge.input.get();
  const bool wanted = node != nullptr && (node->state != State::leaf || node->requires_grad);
  return wanted ? Grad(node) : Grad();
}

inline Edge edge_to(const Tensor& x) { return {x.node(), SavedVersion(x)}; }

/// Node, edges and closure in one allocation.
template <class F, size_t N>
struct OpNode final : Node {
  template <class... Inputs>
  OpNode(const char* name, const Tensor& y, F f, const Inputs&... inputs)
      : Node(name, State::live, y.shape()), backward(std::move(f)), inputs_{edge_to(inputs)...} {
    output = SavedVersion(y);
  }
  ~OpNode() override { drop(); }

  std::span<Edge> edges() override { return inputs_; }
  void run(const Tensor& dy) override {
    std::apply([&](const auto&... edge) { (*backward)(dy, grad_of(edge)...); }, inputs_);
  }
  void release() override { drop(); }
  Tensor recomputed() const override {
    if constexpr (cheap) return backward->value();
    return {};
  }
  bool is_cheap() const override { return cheap; }

  // The closure first: while the edges hold the nodes of the tensors it captured, none of them can
  // die with it, one inside the other.
  void drop() {
    backward.reset();
    defer_destruction(inputs_);
  }

  static constexpr bool cheap = requires(const F& f) { f.value(); };
  std::optional<F> backward;
  std::array<Edge, N> inputs_;
};

/// The same for a number of inputs known at run time: concat, stack.
template <class F>
struct SpanNode final : Node {
  SpanNode(const char* name, const Tensor& y, F f, std::span<const Tensor> inputs)
      : Node(name, State::live, y.shape()), backward(std::move(f)) {
    output = SavedVersion(y);
    inputs_.reserve(inputs.size());
    for (const Tensor& x : inputs) inputs_.push_back(edge_to(x));
  }
  ~SpanNode() override { drop(); }

  std::span<Edge> edges() override { return inputs_; }
  void run(const Tensor& dy) override {
    std::vector<Grad, CachingAllocator<Grad>> grads;
    grads.reserve(inputs_.size());
    for (const Edge& edge : inputs_) grads.push_back(grad_of(edge));
    (*backward)(dy, std::span<const Grad>(grads));
  }
  void release() override { drop(); }
  void drop() {  // in this order, as in OpNode
    backward.reset();
    defer_destruction(inputs_);
  }

  std::optional<F> backward;
  std::vector<Edge, CachingAllocator<Edge>> inputs_;
};

template <size_t>
using GradAt = Grad;

template <class F, size_t... I>
constexpr bool is_backward(std::index_sequence<I...>) {
  return std::is_invocable_r_v<void, F, const Tensor&, GradAt<I>...>;
}

}  // namespace autograd

/// Returns y with a node whose backward is f(dy, one Grad per input); y itself if no input wants a
/// gradient or recording is off.
template <class F, std::same_as<Tensor>... Inputs>
Tensor record(const char* op, Tensor y, F f, const Inputs&... inputs) {
  static_assert(autograd::is_backward<F>(std::index_sequence_for<Inputs...>{}),
                "record: backward takes (const Tensor& dy, one Grad per input)");
  if (grad_enabled() && (autograd::wants_grad(inputs) || ...)) {
    y.set_node(make_cached<autograd::OpNode<F, sizeof...(Inputs)>>(op, y, std::move(f), inputs...));
  }
  if (autograd::is_observed()) {
    const Tensor* const all[] = {&inputs...};
    autograd::tell_observer(op, y, all);
  }
  return y;
}

/// The same for any number of inputs: backward is f(dy, span of Grads).
template <class F>
requires std::is_invocable_v<F, const Tensor&, std::span<const Grad>> Tensor
record(const char* op, Tensor y, F f, std::span<const Tensor> inputs) {
  const bool wanted = std::any_of(inputs.begin(), inputs.end(), autograd::wants_grad);
  if (grad_enabled() && wanted) {
    y.set_node(make_cached<autograd::SpanNode<F>>(op, y, std::move(f), inputs));
  }
  if (autograd::is_observed()) {
    std::vector<const Tensor*> all;
    for (const Tensor& x : inputs) all.push_back(&x);
    autograd::tell_observer(op, y, all);
  }
  return y;
}

}  // namespace gradus
