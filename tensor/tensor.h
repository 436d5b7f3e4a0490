#pragma once
// Tensor: a handle on shared storage, seen through a shape and strides. Copying a Tensor copies
// the handle, never the numbers. An undefined Tensor means "absent": no bias, no mask.
//
// Members that concern gradients are declared here and defined in autograd/: a Tensor knows of
// its graph node only that there is one.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tensor/shape.h"
#include "tensor/storage.h"

namespace gradus {

namespace autograd {
struct Node;
}

class Tensor {
 public:
  Tensor() = default;
  /// A dense tensor over fresh, uninitialised storage.
  explicit Tensor(const Shape& shape);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  int rank() const { return shape_.rank(); }
  /// Size of dimension i; negative i counts from the end.
  int64_t dim(int i) const { return shape_.dim(i); }
  int64_t numel() const { return numel_; }
  /// Whether the elements lie row by row without gaps.
  bool is_contiguous() const;
  /// Whether it has a shape but no memory (MetaMode).
  bool is_meta() const { return defined() && numel_ > 0 && storage_->data() == nullptr; }

  /// First element. Throws on undefined and meta tensors.
  const real* data() const;
  /// Write access; moves the storage's version, so that backward notices.
  real* mutable_data();
  /// The value of a one-element tensor. Throws ShapeError on any other.
  real item() const;
  /// All elements in row-major order.
  std::vector<real> to_vector() const;

  const std::shared_ptr<Storage>& storage() const { return storage_; }
  int64_t offset() const { return offset_; }
  /// Another view of the same storage, without a graph node: what the view ops are made of. Throws
  /// ShapeError if it would leave the storage.
  Tensor as_strided(const Shape& shape, const Strides& strides, int64_t offset) const;

  // Views share storage; gradients flow through them (autograd/ops/views.cpp).

  /// Same elements, new shape; one size may be -1. Copies only where strides leave no other way.
  Tensor reshape(const Shape& shape) const;
  /// As reshape, but throws where a copy would be needed.
  Tensor view(const Shape& shape) const;
  /// Dimensions i and j exchanged.
  Tensor transpose(int i, int j) const;
  /// Dimension i of the result is dimension order[i] of this.
  Tensor permute(std::initializer_list<int> order) const {
    return permute(std::span(order.begin(), order.size()));
  }
  Tensor permute(std::span<const int> order) const;
  /// Elements [start, start + length) of dimension d.
  Tensor narrow(int d, int64_t start, int64_t length) const;
  /// Elements start, start + step, ... before stop of dimension d; negatives count from the end.
  Tensor slice(int d, int64_t start, int64_t stop, int64_t step = 1) const;
  /// Index i of dimension d, which disappears.
  Tensor select(int d, int64_t i) const;
  /// Dimensions of size 1 repeated to `shape`, without copying; -1 keeps a size.
  Tensor expand(const Shape& shape) const;
  /// Dimension d, of size 1, removed / inserted.
  Tensor squeeze(int d) const;
  Tensor unsqueeze(int d) const;
  /// Pieces of `size` along d, the last one possibly smaller / `count` pieces, as equal as can be.
  std::vector<Tensor> split(int64_t size, int d) const;
  std::vector<Tensor> chunk(int64_t count, int d) const;
  /// This tensor if it is dense, otherwise a dense copy.
  Tensor contiguous() const;
  /// A dense copy with a history of its own.
  Tensor clone() const;

  // In place. Throws GraphError on tensors with history: their values are needed by backward;
  // ShapeError on expanded tensors, whose elements share memory.

  Tensor& fill_(real value);
  Tensor& zero_() { return fill_(0); }
  /// Copies the elements of `source`, which must broadcast to this shape.
  Tensor& copy_(const Tensor& source);

  // Gradients (autograd/tensor_autograd.cpp).

  /// Makes this a leaf whose gradient is wanted, or not. Every handle copied from it agrees.
  Tensor& requires_grad_(bool wanted = true);
  bool requires_grad() const;
  /// The gradient accumulated so far; undefined if there is none.
  Tensor grad() const;
  /// Replaces it by a copy of `grad`, of this shape; an undefined one removes it.
  void set_grad(const Tensor& grad);
  void zero_grad() { set_grad(Tensor()); }
  /// Keeps the gradient of this inner tensor after backward.
  Tensor& retain_grad();
  /// Calls `hook` with the complete gradient of this tensor; a defined result replaces it.
  Tensor& register_hook(std::function<Tensor(const Tensor& grad)> hook);
  /// Adds d(this)/d(leaf) to the grad of every leaf. This must be a scalar.
  void backward() const;
  /// The same for any shape, with the gradient dy of this tensor, of its shape.
  void backward(const Tensor& dy) const;
  /// The same values without the history.
  Tensor detach() const { return as_strided(shape_, strides_, offset_); }

  const std::shared_ptr<autograd::Node>& node() const { return node_; }
  void set_node(std::shared_ptr<autograd::Node> node) { node_ = std::move(node); }

 private:
  std::shared_ptr<Storage> storage_;
  std::shared_ptr<autograd::Node> node_;
  Shape shape_;
  Strides strides_;
  int64_t offset_ = 0;
  int64_t numel_ = 0;
};

}  // namespace gradus
