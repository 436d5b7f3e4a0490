#pragma once
// Tables looked up by id. Ids are valid; the ops check them.

#include "tensor/real.h"

namespace gradus::kernels {

/// y (N, C) = table[ids[n]], table (V, C)
void gather_rows(int64_t N, int64_t C, const real* table, const int32_t* ids, real* y);
/// dtable[ids[n]] += dy (N, C), rows of equal id added in the order of n
void scatter_add_rows(int64_t N, int64_t C, const int32_t* ids, const real* dy, real* dtable);

namespace reference {
void gather_rows(int64_t N, int64_t C, const real* table, const int32_t* ids, real* y);
void scatter_add_rows(int64_t N, int64_t C, const int32_t* ids, const real* dy, real* dtable);
}  // namespace reference

}  // namespace gradus::kernels
