#pragma once
// Numbers rounded to bfloat16, for products to read: half the memory of the original, which may
// die. Not a Tensor; nothing else computes with it.

#include "tensor/allocator.h"
#include "tensor/kernels/bf16.h"

namespace gradus {

class BF16Copy {
 public:
  BF16Copy(int64_t n, const real* x) : block_(allocate_block(static_cast<size_t>(n) * 2)) {
    kernels::round_to_bf16(n, x, static_cast<kernels::bf16*>(block_.data));
  }
  ~BF16Copy() { free_block(block_); }
  BF16Copy(const BF16Copy&) = delete;
  BF16Copy& operator=(const BF16Copy&) = delete;

  const kernels::bf16* data() const { return static_cast<const kernels::bf16*>(block_.data); }
  kernels::bf16* mutable_data() { return static_cast<kernels::bf16*>(block_.data); }

 private:
  MemoryBlock block_;
};

}  // namespace gradus
