#include "tensor/tensor.h"

#include "tensor/errors.h"
#include "tensor/map.h"

namespace gradus {
namespace {

// Whether every element of a view lies in a storage of `size` elements.
bool fits(const Shape& shape, const Strides& strides, int64_t offset, int64_t size) {
  if (shape.rank() != strides.rank() || offset < 0) return false;
  int64_t last = offset;
  for (int d = 0; d < shape.rank(); ++d) {
    int64_t reach = 0;
    if (shape[d] > 1 && strides[d] < 0) return false;
    if (shape[d] > 1 && __builtin_mul_overflow(shape[d] - 1, strides[d], &reach)) return false;
    if (__builtin_add_overflow(last, reach, &last)) return false;
  }
  return last < size;
}

}  // namespace

Tensor::Tensor(const Shape& shape)
    : shape_(shape), strides_(row_major(shape)), numel_(shape.numel()) {
  try {
    storage_ = make_cached<Storage>(numel_);
  } catch (const MemoryError& error) {
    throw MemoryError(fmt::format("{} (for a tensor of shape {})", error.what(), shape));
  }
}

bool Tensor::is_contiguous() const {
  int64_t step = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (shape_[i] != 1 && strides_[i] != step) return numel_ == 0;
    step *= shape_[i];
  }
  return true;
}

const real* Tensor::data() const {
  check_value(defined(), "tensor: an undefined tensor has no data");
  check_value(!is_meta(), "tensor: a tensor of shape {} made under MetaMode has no data", shape_);
  return std::as_const(*storage_).data() + offset_;
}

real* Tensor::mutable_data() {
  static_cast<void>(data());  // the same checks
  return storage_->mutable_data() + offset_;
}

real Tensor::item() const {
  check_shape(defined() && numel_ == 1, "item: needs exactly one element, shape is {}", shape_);
  return *data();
}

std::vector<real> Tensor::to_vector() const {
  const Tensor x = dense(*this);
  return std::vector<real>(x.data(), x.data() + x.numel());
}

Tensor Tensor::as_strided(const Shape& shape, const Strides& strides, int64_t offset) const {
  Tensor result;
  result.storage_ = storage_;
  result.shape_ = shape;
  result.strides_ = strides;
  result.offset_ = offset;
  result.numel_ = shape.numel();
  check_shape(
      !defined() || result.numel_ == 0 || fits(shape, strides, offset, storage_->size()),
      "as_strided: shape {} with strides {} from element {} leaves a storage of {} elements", shape,
      strides, offset, defined() ? storage_->size() : 0);
  return result;
}

}  // namespace gradus
