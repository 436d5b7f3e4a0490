// Matrix products too small for BLAS, which packs both operands before it multiplies. Here B and C
// are read and written where they lie, rows of vectors, and A one element at a time: at the sizes
// of an attention head all three are in cache anyway. Included once per instruction set.

#if defined(GRADUS_TENSOR_KERNELS_SMALL_GEMM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_TENSOR_KERNELS_SMALL_GEMM_INL_H
#undef GRADUS_TENSOR_KERNELS_SMALL_GEMM_INL_H
#else
#define GRADUS_TENSOR_KERNELS_SMALL_GEMM_INL_H
#endif

#include <algorithm>

#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

/// An operand read one element at a time: (i, k) lies at data[i * row + k * column].
struct Elements {
  const real* data;
  int64_t row, column;
};

/// An operand whose rows are contiguous.
template <class T>
struct Rows {
  T* data;
  int64_t ld;
};

// C (NR rows, NV vectors) = or += A (NR, K) B (K, NV vectors), with C in registers.
template <int NR, int NV, class Tag>
HWY_INLINE void register_tile(Tag tag, int64_t K, Elements A, Rows<const real> B, bool add,
                              Rows<real> C) {
  const int64_t L = static_cast<int64_t>(hn::Lanes(tag));
  hn::Vec<Tag> c[NR][NV];
  HWY_UNROLL(8) for (int i = 0; i < NR; ++i) {
    HWY_UNROLL(8) for (int j = 0; j < NV; ++j) {
      c[i][j] = add ? hn::LoadU(tag, C.data + i * C.ld + j * L) : hn::Zero(tag);
    }
  }
  for (int64_t k = 0; k < K; ++k) {
    hn::Vec<Tag> b[NV];
    HWY_UNROLL(8) for (int j = 0; j < NV; ++j) b[j] = hn::LoadU(tag, B.data + k * B.ld + j * L);
    HWY_UNROLL(8) for (int i = 0; i < NR; ++i) {
      const hn::Vec<Tag> a = hn::Set(tag, A.data[i * A.row + k * A.column]);
      HWY_UNROLL(8) for (int j = 0; j < NV; ++j) c[i][j] = hn::MulAdd(a, b[j], c[i][j]);
    }
  }
  HWY_UNROLL(8) for (int i = 0; i < NR; ++i) {
    HWY_UNROLL(8) for (int j = 0; j < NV; ++j) {
      hn::StoreU(c[i][j], tag, C.data + i * C.ld + j * L);
    }
  }
}

// NV vectors of columns for all M rows, 6 rows at a time: 12 registers of 16 hold the tile. The
// last 8 or 7 rows are 4 and 4 or 3, since a tile of 1 or 2 waits for its own sums.
template <int NV, class Tag>
HWY_INLINE void column_panel(Tag tag, int64_t M, int64_t K, Elements A, Rows<const real> B,
                             bool add, Rows<real> C) {
  constexpr int64_t R = 6;
  for (; M > 8 || M == R; M -= R, A.data += R * A.row, C.data += R * C.ld) {
    register_tile<R, NV>(tag, K, A, B, add, C);
  }
  if (M > R) {
    register_tile<4, NV>(tag, K, A, B, add, C);
    M -= 4, A.data += 4 * A.row, C.data += 4 * C.ld;
  }
  switch (M) {
    case 5:
      return register_tile<5, NV>(tag, K, A, B, add, C);
    case 4:
      return register_tile<4, NV>(tag, K, A, B, add, C);
    case 3:
      return register_tile<3, NV>(tag, K, A, B, add, C);
    case 2:
      return register_tile<2, NV>(tag, K, A, B, add, C);
    case 1:
      return register_tile<1, NV>(tag, K, A, B, add, C);
    default:
      return;
  }
}

// All columns from j on that fill NV vectors; returns the first column that is left.
template <int NV, class Tag>
HWY_INLINE int64_t column_panels(Tag tag, int64_t j, int64_t M, int64_t N, int64_t K, Elements A,
                                 Rows<const real> B, bool add, Rows<real> C) {
  const int64_t columns = NV * static_cast<int64_t>(hn::Lanes(tag));
  for (; j + columns <= N; j += columns) {
    column_panel<NV>(tag, M, K, A, {B.data + j, B.ld}, add, {C.data + j, C.ld});
  }
  return j;
}

/// C (M, N) = A (M, K) B (K, N), or C += where `add`.
HWY_ATTR inline void small_gemm(int64_t M, int64_t N, int64_t K, Elements A, Rows<const real> B,
                                bool add, Rows<real> C) {
  constexpr int64_t piece = 256;  // rows of B that stay in the first cache while rows of C pass by
  const hn::CappedTag<real, 4> quarter;
  const hn::CappedTag<real, 1> single;
  int64_t k = 0;
  do {
    const int64_t rows = std::min(piece, K - k);
    const Elements a{A.data + k * A.column, A.row, A.column};
    const Rows<const real> b{B.data + k * B.ld, B.ld};
    int64_t j = column_panels<2>(d, 0, M, N, rows, a, b, add, C);
    j = column_panels<1>(d, j, M, N, rows, a, b, add, C);
    j = column_panels<1>(quarter, j, M, N, rows, a, b, add, C);
    column_panels<1>(single, j, M, N, rows, a, b, add, C);
    add = true;
    k += piece;
  } while (k < K);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
