#pragma once
// Rotary position embedding (Su et al. 2021, eq. 34), with the pairs half a head apart, as Llama
// has them.

#include "tensor/kernels/attention.h"

namespace gradus::kernels {

/// y (B, T, NH, hs) dense = x, of any strides between heads, with each pair of channels (i, i +
/// hs/2) of a token turned by an angle:
///   y[i] = x[i] cos[t, i] - x[i + hs/2] sin[t, i]
///   y[i + hs/2] = x[i + hs/2] cos[t, i] + x[i] sin[t, i]
struct Rope {
  int64_t B, T, NH, hs;
  const real *cos, *sin;  // (T, hs/2) or (B, T, hs/2) dense
  bool per_row;           // the latter: each batch row has angles of its own
  bool back;              // turns the other way: the inverse, and the backward
};
void rope(const Rope& r, const real* x, const HeadStrides& strides, real* y);

namespace reference {
void rope(const Rope& r, const real* x, const HeadStrides& strides, real* y);
}  // namespace reference

}  // namespace gradus::kernels
