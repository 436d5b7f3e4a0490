#pragma once
// Factor: a matrix that products read, in the precision of the mode (tensor/precision.h). In
// float32 it is the tensor itself. In bfloat16 it is a rounded copy; what an op saves of its input
// for backward is then half as large, and backward multiplies as forward did.

#include <cassert>
#include <memory>

#include "autograd/record.h"
#include "tensor/bf16_copy.h"
#include "tensor/kernels/gemm.h"
#include "tensor/precision.h"

namespace gradus {

class Factor {
 public:
  /// A dense x (..., columns), all other dimensions being its rows. In bfloat16 the copy is this
  /// factor's own, and x may die.
  explicit Factor(const Tensor& x, Precision precision = gradus::precision());
  /// The same of a weight (rows, columns): its copy stays with its storage until it changes.
  static Factor of_weight(const Tensor& weight);

  /// For backward to save, of the input that this was made of: without its numbers where the
  /// input's own op can compute them again cheaply. Products need recomputed() then.
  Factor for_backward(const Tensor& input) const;
  Factor recomputed() const;

  Factor transposed() const;
  Precision precision() const { return precision_; }
  /// Of what it stands for, after all transpositions.
  int64_t rows() const { return transposed_ ? columns_ : rows_; }
  int64_t columns() const { return transposed_ ? rows_ : columns_; }

  /// The operand as kernels take it; the first in float32, the second in bfloat16.
  kernels::MatrixOf<real> matrix() const {
    assert(values_.defined() || rows_ * columns_ == 0);
    return {values_.data(), columns_, transposed_};
  }
  kernels::MatrixOf<kernels::bf16> rounded() const {
    return {copy_->data() + offset_, columns_, transposed_};
  }

 private:
  Factor(const Tensor& x, Precision precision, std::shared_ptr<const BF16Copy> copy,
         int64_t offset);

  Precision precision_;
  int64_t rows_, columns_;
  bool transposed_ = false;
  Tensor values_;                          // float32; undefined while maker_ stands for it
  std::shared_ptr<autograd::Node> maker_;  // the op that can compute values_ again
  std::shared_ptr<const BF16Copy> copy_;   // bfloat16
  int64_t offset_ = 0;                     // of the first element in the copy
};

/// y (M, N) = x (M, K) wᵀ + bias in every row, if there is one; bias (N).
void linear_product(const Factor& x, const Factor& w, const Tensor& bias, Tensor& y);
/// dx (M, N) += A (M, K) B (K, N)
void add_product(const Factor& A, const Factor& B, const Grad& dx);

}  // namespace gradus
