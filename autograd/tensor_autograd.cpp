// The members of Tensor that concern gradients and in-place writes.

#include "autograd/engine.h"
#include "tensor/creation.h"
#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

autograd::Node& node_of(const Tensor& x, const char* what) {
  check<GraphError>(x.node() != nullptr, "{}: this tensor {} has no gradient to speak of", what,
                    x.shape());
  return *x.node();
}

bool repeats_memory(const Tensor& x) {
  for (int d = 0; d < x.rank(); ++d) {
    if (x.shape()[d] > 1 && x.strides()[d] == 0) return true;
  }
  return false;
}

void check_in_place(const Tensor& x, const char* what) {
  check<GraphError>(x.node() == nullptr || x.node()->state == autograd::State::leaf,
                    "{}: this tensor {} has history (it was made by {}), which needs its values; "
                    "write to a clone() or detach()",
                    what, x.shape(), x.node() ? x.node()->op : "");
  check_shape(!repeats_memory(x),
              "{}: elements of this tensor {} share memory (strides {}); write to a clone()", what,
              x.shape(), x.strides());
}

}  // namespace

Tensor& Tensor::requires_grad_(bool wanted) {
  check_value(defined(), "requires_grad_: an undefined tensor has no gradient");
  if (node_ == nullptr) {
    node_ = make_cached<autograd::Node>("leaf", autograd::State::leaf, shape_);
  }
  check<GraphError>(wanted || node_->state == autograd::State::leaf,
                    "requires_grad_(false): this tensor {} was made by {}; use detach()", shape_,
                    node_->op);
  if (node_->state == autograd::State::leaf) node_->requires_grad = wanted;
  return *this;
}

bool Tensor::requires_grad() const { return autograd::wants_grad(*this); }

Tensor Tensor::grad() const { return node_ == nullptr ? Tensor() : node_->grad; }

void Tensor::set_grad(const Tensor& grad) {
  if (node_ == nullptr && !grad.defined()) return;
  check_shape(!grad.defined() || grad.shape() == shape_, "set_grad: gradient {} for shape {}",
              grad.shape(), shape_);
  node_of(*this, "set_grad").grad = grad.defined() ? dense_copy(grad) : Tensor();
}

Tensor& Tensor::retain_grad() {
  node_of(*this, "retain_grad").retains_grad = true;
  return *this;
}

Tensor& Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) {
  node_of(*this, "register_hook").hooks.push_back(std::move(hook));
  return *this;
}

void Tensor::backward() const {
  check_shape(numel_ == 1 && defined(),
              "backward: only a scalar has a gradient of its own; shape is {}, pass dy", shape_);
  autograd::backward(*this, ones(shape_));
}

void Tensor::backward(const Tensor& dy) const { autograd::backward(*this, dy); }

Tensor& Tensor::fill_(real value) {
  check_in_place(*this, "fill_");
  return copy_(scalar(value));
}

Tensor& Tensor::copy_(const Tensor& source) {
  check_in_place(*this, "copy_");
  check_shape(broadcast("copy_", shape_, source.shape()) == shape_,
              "copy_: shape {} does not broadcast to {}", source.shape(), shape_);
  const Tensor from = source.storage() == storage_ ? dense_copy(source) : source;
  assign_into(*this, from);
  return *this;
}

}  // namespace gradus
