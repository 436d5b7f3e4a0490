#pragma once
// Many numbers in, one out. A tensor is seen as (outer, n, inner); the middle dimension is reduced
// or scanned. All tensors are dense. Partial sums are combined in index order.

#include "tensor/real.h"

namespace gradus::kernels {

/// y (outer, inner) = sum over n of x (outer, n, inner)
void sum(int64_t outer, int64_t n, int64_t inner, const real* x, real* y);
/// y (outer, inner) = largest / smallest element, index = its first position along n. n > 0.
/// A NaN wins over every number.
void max_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index);
void min_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index);
/// y (outer, n, inner) = x[0] + ... + x[i], or from the far end if `reverse`.
void cumsum(int64_t outer, int64_t n, int64_t inner, bool reverse, const real* x, real* y);
/// Sum of squares of n numbers, in double: the norm of a gradient.
double sum_of_squares(int64_t n, const real* x);
/// Whether all n numbers are finite.
bool all_finite(int64_t n, const real* x);

namespace reference {
void sum(int64_t outer, int64_t n, int64_t inner, const real* x, real* y);
void max_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index);
void min_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index);
void cumsum(int64_t outer, int64_t n, int64_t inner, bool reverse, const real* x, real* y);
double sum_of_squares(int64_t n, const real* x);
bool all_finite(int64_t n, const real* x);
}  // namespace reference

}  // namespace gradus::kernels
