#include "tensor/kernels/reduce.h"

#include <atomic>
#include <cmath>
#include <numeric>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/kernels/launch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels/reduce.cpp"
#include "tensor/kernels/simd.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

double sum_dense(int64_t n, const real* x) {
  return sum_terms(n, [=](int64_t i, auto part) HWY_ATTR { return load(x + i, part); });
}

// y = sum of `rows` rows, `stride` apart, of which `columns` numbers count. Four rows are added
// before they meet the total: less traffic, and sums of sums round less.
void sum_of_rows(int64_t rows, int64_t columns, int64_t stride, const real* x, real* y) {
  transform(columns, y, []() HWY_ATTR { return zero(); });
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const real* row = x + r * stride;
    const auto add = [](V total, V a, V b, V c, V e)
                         HWY_ATTR { return total + ((a + b) + (c + e)); };
    transform(columns, y, add, y, row, row + stride, row + 2 * stride, row + 3 * stride);
  }
  for (; r < rows; ++r) {
    transform(
        columns, y, [](V total, V a) HWY_ATTR { return total + a; }, y, x + r * stride);
  }
}

// Position of the first x that is a NaN, else of the first that equals `value`.
int64_t find_first(int64_t n, const real* x, real value, bool nan) {
  const auto wanted = [=](V v) HWY_ATTR { return nan ? hn::IsNaN(v) : v == set(value); };
  int64_t i = 0;
  while (i + width <= n && hn::AllFalse(d, wanted(hn::LoadU(d, x + i)))) i += width;
  while (i < n && !(nan ? std::isnan(x[i]) : x[i] == value)) ++i;
  return i;
}

// Position of the largest of sign * x.
int64_t best_dense(int64_t n, const real* x, real sign) {
  V best = set(-infinity);
  V any_nan = zero();
  for_each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const V v = load(x + i, part, -sign * infinity);
    best = hn::Max(best, set(sign) * v);
    any_nan = hn::Or(any_nan, hn::VecFromMask(d, hn::IsNaN(v)));
  });
  const bool nan = !hn::AllFalse(d, hn::MaskFromVec(any_nan));
  return find_first(n, x, sign * hn::GetLane(hn::MaxOfLanes(d, best)), nan);
}

double squares_dense(int64_t n, const real* x) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<real, decltype(dd)> dr;
  constexpr int64_t step = HWY_LANES(double);
  auto sum = hn::Zero(dd);
  int64_t i = 0;
  for (; i + step <= n; i += step) {
#ifdef GRADUS_DOUBLE
    const auto v = hn::LoadU(dr, x + i);
#else
    const auto v = hn::PromoteTo(dd, hn::LoadU(dr, x + i));
#endif
    sum = hn::MulAdd(v, v, sum);
  }
  double total = hn::GetLane(hn::SumOfLanes(dd, sum));
  for (; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

bool finite_dense(int64_t n, const real* x) {  // 0 * x is NaN for a NaN and for an infinity
  V sum = zero();
  for_each_vector(
      n, [&](int64_t i, auto part) HWY_ATTR { sum = hn::MulAdd(load(x + i, part), zero(), sum); });
  return hn::GetLane(hn::SumOfLanes(d, sum)) == 0;
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

HWY_EXPORT(sum_dense);
HWY_EXPORT(sum_of_rows);
HWY_EXPORT(best_dense);
HWY_EXPORT(squares_dense);
HWY_EXPORT(finite_dense);

namespace {

template <class T>
using Scratch = std::vector<T, CachingAllocator<T>>;

// inner = 1: every line is cut into chunks, whose sums are added in order.
void sum_lines(int64_t outer, int64_t n, const real* x, real* y) {
  const int64_t chunks = ceil_div(n, chunk_elements);
  Scratch<double> partial(static_cast<size_t>(outer * chunks));
  parallel_rows(outer * chunks, std::min(n, chunk_elements), [&](int64_t item) {
    const int64_t begin = item % chunks * chunk_elements;
    const int64_t count = std::min(chunk_elements, n - begin);
    partial[static_cast<size_t>(item)] =
        HWY_DYNAMIC_DISPATCH(sum_dense)(count, x + item / chunks * n + begin);
  });
  for (int64_t o = 0; o < outer; ++o) {
    const double* line = partial.data() + o * chunks;
    y[o] = static_cast<real>(std::accumulate(line, line + chunks, 0.0));
  }
}

// inner > 1: chunks of rows are added up column by column, then the chunks' sums in the same way.
void sum_columns(int64_t outer, int64_t n, int64_t inner, const real* x, real* y) {
  constexpr int64_t chunk_rows = 64;
  constexpr int64_t block_columns = 1024;
  const int64_t chunks = std::max<int64_t>(1, ceil_div(n, chunk_rows));
  const int64_t blocks = ceil_div(inner, block_columns);
  Scratch<real> scratch(static_cast<size_t>(chunks == 1 ? 0 : outer * chunks * inner));
  real* partial = chunks == 1 ? y : scratch.data();

  const int64_t work = std::min(n, chunk_rows) * std::min(inner, block_columns);
  parallel_rows(outer * chunks * blocks, work, [&](int64_t item) {
    const int64_t column = item % blocks * block_columns;
    const int64_t chunk = item / blocks % chunks;
    const int64_t o = item / blocks / chunks;
    const int64_t row = chunk * chunk_rows;
    HWY_DYNAMIC_DISPATCH(sum_of_rows)
    (std::min(chunk_rows, n - row), std::min(block_columns, inner - column), inner,
     x + (o * n + row) * inner + column, partial + (o * chunks + chunk) * inner + column);
  });
  if (chunks > 1) sum_columns(outer, chunks, inner, partial, y);
}

using Along = void(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index);

// Lines that lie dense are searched by vectors, others one by one.
void best_along(Along* plain, real sign, int64_t outer, int64_t n, int64_t inner, const real* x,
                real* y, int32_t* index) {
  if (use_reference()) return plain(outer, n, inner, x, y, index);
  parallel_rows(outer, n * inner, [=](int64_t o) {
    if (inner != 1) return plain(1, n, inner, x + o * n * inner, y + o * inner, index + o * inner);
    const int64_t best = HWY_DYNAMIC_DISPATCH(best_dense)(n, x + o * n, sign);
    y[o] = x[o * n + best];
    index[o] = static_cast<int32_t>(best);
  });
}

}  // namespace

void sum(int64_t outer, int64_t n, int64_t inner, const real* x, real* y) {
  if (use_reference()) return reference::sum(outer, n, inner, x, y);
  return inner == 1 ? sum_lines(outer, n, x, y) : sum_columns(outer, n, inner, x, y);
}

void max_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index) {
  best_along(reference::max_along, 1, outer, n, inner, x, y, index);
}

void min_along(int64_t outer, int64_t n, int64_t inner, const real* x, real* y, int32_t* index) {
  best_along(reference::min_along, -1, outer, n, inner, x, y, index);
}

void cumsum(int64_t outer, int64_t n, int64_t inner, bool reverse, const real* x, real* y) {
  parallel_rows(outer, n * inner, [=](int64_t o) {
    reference::cumsum(1, n, inner, reverse, x + o * n * inner, y + o * n * inner);
  });
}

double sum_of_squares(int64_t n, const real* x) {
  if (use_reference()) return reference::sum_of_squares(n, x);
  Scratch<double> partial(static_cast<size_t>(ceil_div(n, chunk_elements)));
  parallel_for(n, chunk_elements, [&](int64_t begin, int64_t end) {
    partial[static_cast<size_t>(begin / chunk_elements)] =
        HWY_DYNAMIC_DISPATCH(squares_dense)(end - begin, x + begin);
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

bool all_finite(int64_t n, const real* x) {
  if (use_reference()) return reference::all_finite(n, x);
  std::atomic<bool> finite{true};
  parallel_for(n, chunk_elements, [&](int64_t begin, int64_t end) {
    if (!HWY_DYNAMIC_DISPATCH(finite_dense)(end - begin, x + begin)) finite = false;
  });
  return finite;
}

}  // namespace gradus::kernels
#endif
