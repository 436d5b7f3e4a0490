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
#include "tensor/kernels/simd_bf16.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

/// What an element of an operand is, and how two of them add to a sum: numbers, or pairs of numbers
/// rounded to bfloat16, each of which is a term.
struct Numbers {
  static constexpr int64_t terms = 1;
  template <class T>
  static HWY_INLINE T add_product(T a, T b, T sum) {
    return hn::MulAdd(a, b, sum);
  }
};

#ifndef GRADUS_DOUBLE

struct Pairs {
  static constexpr int64_t terms = 2;
  static HWY_INLINE hn::Vec<Halves> halves(V x) { return halves_of(x); }
  template <class T>
  static HWY_INLINE T first(T x) {
    const hn::DFromV<T> f;
    return hn::BitCast(f, hn::ShiftLeft<16>(hn::BitCast(hn::RebindToUnsigned<decltype(f)>(), x)));
  }
  template <class T>
  static HWY_INLINE T second(T x) {
    const hn::DFromV<T> f;
    const hn::RebindToUnsigned<decltype(f)> bits;
    return hn::BitCast(f, hn::And(hn::BitCast(bits, x), hn::Set(bits, 0xffff0000u)));
  }
  template <class T>
  static HWY_INLINE T add_product(T a, T b, T sum) {
    return hn::MulAdd(second(a), second(b), hn::MulAdd(first(a), first(b), sum));
  }
};

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3  // or better
/// By the CPU's own instructions, which it must have. Highway 1.0 has no names for them; assemblers
/// know them whatever the compiler's flags.
struct NativePairs {
  static constexpr int64_t terms = 2;
  static HWY_INLINE hn::Vec<Halves> halves(V x) {
    hn::Vec<Halves> y;
    asm("vcvtneps2bf16 %1, %0" : "=v"(y.raw) : "v"(x.raw));
    return y;
  }
  template <class T>
  static HWY_INLINE T add_product(T a, T b, T sum) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};
#else
using NativePairs = Pairs;
#endif

/// Pairs of neighbours in two rows.
template <class Kind>
HWY_INLINE V pairs_of(V first, V second) {
  const hn::Rebind<uint32_t, D> d32;
  const auto upper = hn::ShiftLeft<16>(hn::PromoteTo(d32, Kind::halves(second)));
  return hn::BitCast(d, hn::Or(upper, hn::PromoteTo(d32, Kind::halves(first))));
}

#endif  // GRADUS_DOUBLE

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
template <class Kind, int NR, int NV, class Tag>
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
      HWY_UNROLL(8) for (int j = 0; j < NV; ++j) c[i][j] = Kind::add_product(a, b[j], c[i][j]);
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
template <class Kind, int NV, class Tag>
HWY_INLINE void column_panel(Tag tag, int64_t M, int64_t K, Elements A, Rows<const real> B,
                             bool add, Rows<real> C) {
  constexpr int64_t R = 6;
  for (; M > 8 || M == R; M -= R, A.data += R * A.row, C.data += R * C.ld) {
    register_tile<Kind, R, NV>(tag, K, A, B, add, C);
  }
  if (M > R) {
    register_tile<Kind, 4, NV>(tag, K, A, B, add, C);
    M -= 4, A.data += 4 * A.row, C.data += 4 * C.ld;
  }
  switch (M) {
    case 5:
      return register_tile<Kind, 5, NV>(tag, K, A, B, add, C);
    case 4:
      return register_tile<Kind, 4, NV>(tag, K, A, B, add, C);
    case 3:
      return register_tile<Kind, 3, NV>(tag, K, A, B, add, C);
    case 2:
      return register_tile<Kind, 2, NV>(tag, K, A, B, add, C);
    case 1:
      return register_tile<Kind, 1, NV>(tag, K, A, B, add, C);
    default:
      return;
  }
}

// All columns from j on that fill NV vectors; returns the first column that is left.
template <class Kind, int NV, class Tag>
HWY_INLINE int64_t column_panels(Tag tag, int64_t j, int64_t M, int64_t N, int64_t K, Elements A,
                                 Rows<const real> B, bool add, Rows<real> C) {
  const int64_t columns = NV * static_cast<int64_t>(hn::Lanes(tag));
  for (; j + columns <= N; j += columns) {
    column_panel<Kind, NV>(tag, M, K, A, {B.data + j, B.ld}, add, {C.data + j, C.ld});
  }
  return j;
}

/// C (M, N) = A (M, K) B (K, N), or C += where `add`; K counts elements.
template <class Kind>
HWY_ATTR void small_gemm(int64_t M, int64_t N, int64_t K, Elements A, Rows<const real> B, bool add,
                         Rows<real> C) {
  constexpr int64_t piece = 256;  // rows of B that stay in the first cache while rows of C pass by
  const hn::CappedTag<real, 4> quarter;
  const hn::CappedTag<real, 1> single;
  int64_t k = 0;
  do {
    const int64_t rows = std::min(piece, K - k);
    const Elements a{A.data + k * A.column, A.row, A.column};
    const Rows<const real> b{B.data + k * B.ld, B.ld};
    int64_t j = column_panels<Kind, 2>(d, 0, M, N, rows, a, b, add, C);
    j = column_panels<Kind, 1>(d, j, M, N, rows, a, b, add, C);
    j = column_panels<Kind, 1>(quarter, j, M, N, rows, a, b, add, C);
    column_panels<Kind, 1>(single, j, M, N, rows, a, b, add, C);
    add = true;
    k += piece;
  } while (k < K);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
