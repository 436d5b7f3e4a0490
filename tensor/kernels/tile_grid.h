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

// Cuts `size` into equal pieces of about `piece`, multiples of 16 as BLAS likes them.
inline int64_t even_piece(int64_t size, int64_t piece) {
  const int64_t pieces = std::max<int64_t>(1, ceil_div(size, piece));
  return ceil_div(ceil_div(size, pieces), 16) * 16;
}

// Tiles of 512 x 512 run as fast as whole matrices. Products of fewer than four such tiles are cut
// into four at least, for as many threads, and no further: BLAS copies both operands of every tile,
// which in tiles of 96 x 64 took a tenth of the time; below 64 it copies more than it multiplies.
inline Grid make_grid(int64_t M, int64_t N, int64_t K) {
  constexpr int64_t largest = 512, smallest = 64, enough_tiles = 4;
  if (M == 0 || N == 0 || M * N < serial_work / std::max<int64_t>(1, K)) return {M, N, M, N};
  Grid grid{M, N, even_piece(M, largest), even_piece(N, largest)};
  if (M < smallest) {  // memory-bound: every tile reads its own part of B, once
    grid.tile_n = even_piece(N, std::max(smallest, serial_work / 2 / std::max<int64_t>(1, K)));
    return grid;
  }
  while (grid.tiles() < enough_tiles) {
    int64_t& longer = grid.tile_m >= grid.tile_n ? grid.tile_m : grid.tile_n;
    if (longer <= smallest) break;
    longer = even_piece(longer, (longer + 1) / 2);
  }
  return grid;
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
