#pragma once
// Private to the matrix products: how one is cut into tiles. The shape of a tile is a function of
// M, N and K alone, and each is computed by one thread: the same bits for any number of threads.

#include <algorithm>

#include "tensor/kernels/gemm.h"
#include "tensor/kernels/launch.h"

namespace gradus::kernels {

// Multiply-adds below which waking a second thread costs more than it saves.
inline constexpr int64_t serial_work = int64_t{1} << 18;

struct Grid {
  int64_t M, N, tile_m, tile_n;

  int64_t columns() const { return ceil_div(N, tile_n); }
  int64_t tiles() const { return M == 0 || N == 0 ? 0 : ceil_div(M, tile_m) * columns(); }
};

// Cuts `size` into equal pieces of about `piece`: four, or eight, ..., so that two threads or four
// end together; two or one only if they would be shorter than 48, where BLAS copies more than it
// multiplies. Multiples of 16, as BLAS likes them.
inline int64_t even_piece(int64_t size, int64_t piece) {
  constexpr int64_t smallest = 48;
  const int64_t fours = std::max<int64_t>(1, (size + 2 * piece) / (4 * piece));
  const int64_t most = size / smallest;
  const int64_t pieces = most >= 4 * fours ? 4 * fours : most >= 4 ? 4 : most >= 2 ? 2 : 1;
  return ceil_div(ceil_div(size, pieces), 16) * 16;
}

// Panels of 256 whole rows of C are the fastest: oneDNN likes a dense C, and of A and B each is
// copied once or as often as there are panels. Few rows are kept whole, and columns are cut
// instead; both where one alone does not give four pieces.
inline Grid make_grid(int64_t M, int64_t N, int64_t K) {
  if (M == 0 || N == 0 || M * N < serial_work / std::max<int64_t>(1, K)) return {M, N, M, N};
  if (M < 64) {  // memory-bound: every tile reads its own part of B, once
    const int64_t columns = serial_work / 2 / std::max<int64_t>(1, K);
    return {M, N, M, even_piece(N, std::max<int64_t>(64, columns))};
  }
  const bool by_rows = N <= 2048 && (M >= 512 || M >= N);
  Grid grid = by_rows ? Grid{M, N, even_piece(M, 256), N}
                      : Grid{M, N, M <= 1024 ? M : even_piece(M, 512), even_piece(N, 512)};
  if (grid.tiles() >= 4) return grid;
  return {M, N, even_piece(M, 256), even_piece(N, 512)};
}

// The part of m that begins at (i, j).
template <class T>
MatrixOf<T> at(MatrixOf<T> m, int64_t i, int64_t j) {
  return {m.data + (m.transposed ? j * m.ld + i : i * m.ld + j), m.ld, m.transposed};
}

// The result of a product: C (M, N), rows ldc apart, each element a sum of K terms.
struct Result {
  int64_t M, N, K;
  real* C;
  int64_t ldc;
};

// One piece of it, with the rows of A and the columns of B that it needs.
template <class T>
struct Tile {
  int64_t rows, columns;
  MatrixOf<T> A, B;
  real* C;
  int64_t column;  // of the first element, in all of C
};

// Calls f(tile) for every tile of C = A B, in parallel.
template <class T, class F>
void for_each_tile(const Result& r, MatrixOf<T> A, MatrixOf<T> B, F f) {
  const Grid grid = make_grid(r.M, r.N, r.K);
  parallel_for(grid.tiles(), 1, [&](int64_t tile, int64_t) {
    const int64_t i = tile / grid.columns() * grid.tile_m;
    const int64_t j = tile % grid.columns() * grid.tile_n;
    f(Tile<T>{std::min(grid.tile_m, r.M - i), std::min(grid.tile_n, r.N - j), at(A, i, 0),
              at(B, 0, j), r.C + i * r.ldc + j, j});
  });
}

// Makes every row of a tile the bias (N), to which a product is then added.
template <class T>
void start_as_bias(const Tile<T>& tile, int64_t ldc, const real* bias) {
  for (int64_t i = 0; i < tile.rows; ++i)
    std::copy_n(bias + tile.column, tile.columns, tile.C + i * ldc);
}

// C = beta * C, where the product has no terms.
inline void scale_rows(int64_t M, int64_t N, real beta, real* C, int64_t ldc) {
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j) C[i * ldc + j] = beta == 0 ? 0 : beta * C[i * ldc + j];
  }
}

}  // namespace gradus::kernels
