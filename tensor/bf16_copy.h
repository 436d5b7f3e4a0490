#pragma once
// Numbers rounded to bfloat16, for products to read: half the memory of the original, which may
// die. Not a Tensor; nothing else computes with it.

#include "tensor/allocator.h"
#include "tensor/kernels/bf16.h"

namespace gradus {

class BF16Copy {
 public:
  BF16Copy(int64_t n, const real* x) : block_(n) { kernels::round_to_bf16(n, x, mutable_data()); }

  const kernels::bf16* data() const { return block_.data(); }
  kernels::bf16* mutable_data() { return block_.data(); }

 private:
  OwnedBlock<kernels::bf16> block_;
};

}  // namespace gradus
