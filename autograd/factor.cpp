#include "autograd/factor.h"

#include "tensor/kernels/gemm_bf16.h"
#include "tensor/map.h"

namespace gradus {

Factor::Factor(const Tensor& x, Precision precision, std::shared_ptr<const BF16Copy> copy,
               int64_t offset)
    : precision_(precision),
      rows_(rows_around(x.shape(), x.rank() - 1).outer),
      columns_(x.dim(-1)),
      copy_(std::move(copy)),
      offset_(offset) {
  if (precision == Precision::float32) values_ = x;
}

Factor::Factor(const Tensor& x, Precision precision)
    : Factor(x, precision,
             precision == Precision::float32 ? nullptr : make_cached<BF16Copy>(x.numel(), x.data()),
             0) {}

Factor Factor::of_weight(const Tensor& weight) {
  const Precision p = gradus::precision();
  if (p == Precision::float32) return Factor(weight, p);
  const int64_t offset = weight.data() - weight.storage()->data();
  return Factor(weight, p, weight.storage()->in_bf16(), offset);
}

Factor Factor::for_backward(const Tensor& input) const {
  Factor saved = *this;
  const std::shared_ptr<autograd::Node>& maker = input.node();
  if (precision_ != Precision::float32 || !maker || !maker->is_cheap()) return saved;
  // Changed since it was made, it is something else, which backward() will refuse while it lives.
  if (!maker->output.unchanged()) return saved;
  saved.values_ = {};
  saved.maker_ = maker;
  return saved;
}

Factor Factor::recomputed() const {
  Factor whole = *this;
  if (maker_) whole.values_ = maker_->recomputed();
  return whole;
}

Factor Factor::transposed() const {
  Factor t = *this;
  t.transposed_ = !t.transposed_;
  return t;
}

void linear_product(const Factor& x, const Factor& w, const Tensor& bias, Tensor& y) {
  const int64_t M = x.rows(), N = w.rows(), K = x.columns();
  const real* b = bias.defined() ? bias.data() : nullptr;
  if (x.precision() == Precision::float32) {
    kernels::linear(M, N, K, x.matrix(), w.matrix().data, b, y.mutable_data());
  } else {
    kernels::linear_bf16(x.precision(), M, N, K, x.rounded().data, w.rounded().data, b,
                         y.mutable_data());
  }
}

void add_product(const Factor& A, const Factor& B, const Grad& dx) {
  const int64_t M = A.rows(), N = B.columns(), K = A.columns();
  auto [out, beta] = dx.accumulator();
  if (A.precision() == Precision::float32) {
    kernels::gemm(M, N, K, 1, A.matrix(), B.matrix(), beta, out.mutable_data(), N);
  } else {
    kernels::gemm_bf16(A.precision(), M, N, K, A.rounded(), B.rounded(), beta, out.mutable_data(),
                       N);
  }
}

}  // namespace gradus
