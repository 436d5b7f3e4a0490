// Loops over strided operands against loops over indices, and parallel_for.

#include "tensor/strided.h"

#include <atomic>
#include <numeric>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// Addresses of two operands, in row-major order, by a naive loop.
std::vector<std::pair<int64_t, int64_t>> addresses(const Shape& shape, const Strides& a,
                                                   const Strides& b) {
  std::vector<std::pair<int64_t, int64_t>> result;
  for (int64_t i = 0; i < shape.numel(); ++i) {
    int64_t rest = i, at_a = 0, at_b = 0;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      at_a += rest % shape[d] * a[d];
      at_b += rest % shape[d] * b[d];
      rest /= shape[d];
    }
    result.emplace_back(at_a, at_b);
  }
  return result;
}

std::vector<std::pair<int64_t, int64_t>> visited(const Shape& shape, const Strides& a,
                                                 const Strides& b) {
  const ThreadGuard guard(1);  // rows in order
  std::vector<std::pair<int64_t, int64_t>> result;
  for_each_row<2>(shape, {a, b}, [&](int64_t n, const auto& at, const auto& step) {
    for (int64_t k = 0; k < n; ++k) result.emplace_back(at[0] + k * step[0], at[1] + k * step[1]);
  });
  return result;
}

}  // namespace

TEST_CASE("for_each_row visits the addresses that a loop over indices visits, in order") {
  const std::vector<std::pair<Shape, std::pair<Strides, Strides>>> cases = {
      {{2, 3, 4}, {{12, 4, 1}, {12, 4, 1}}},  // dense: one row
      {{2, 3, 4}, {{12, 4, 1}, {1, 2, 6}}},   // transposed
      {{2, 3, 4}, {{0, 4, 1}, {12, 4, 1}}},   // broadcast
      {{2, 3, 4}, {{0, 0, 0}, {12, 4, 1}}},   // one number
      {{2, 1, 4}, {{4, 77, 1}, {4, 99, 1}}},  // the stride of a size 1 does not matter
      {{4, 1}, {{1, 55}, {1, 66}}},           // nor at the end
      {{1, 1}, {{5, 6}, {7, 8}}},
      {{}, {{}, {}}},
      {{3, 0, 2}, {{0, 2, 1}, {0, 2, 1}}},
      {{5, 7, 3, 2}, {{84, 12, 4, 2}, {1, 5, 35, 105}}},
      {{50000}, {{1}, {3}}},               // one row in several pieces
      {{300, 200}, {{200, 1}, {1, 300}}},  // rows in several pieces
  };
  for (const auto& c : cases) {
    const Shape& shape = c.first;
    const auto& strides = c.second;
    CAPTURE(fmt::format("{}", shape));
    CHECK(visited(shape, strides.first, strides.second) ==
          addresses(shape, strides.first, strides.second));
  }
}

TEST_CASE("dense operands become a single row, whatever their rank") {
  StridedLoop<2> loop{{2, 3, 4}, {Strides{12, 4, 1}, Strides{12, 4, 1}}};
  loop.collapse();
  CHECK(loop.shape == Shape{24});
  StridedLoop<1> column{{5, 1}, {Strides{1, 9}}};
  column.collapse();
  CHECK(column.shape == Shape{5});
  StridedLoop<2> broadcast_rows{{2, 3, 4}, {Strides{12, 4, 1}, Strides{0, 4, 1}}};
  broadcast_rows.collapse();
  CHECK(broadcast_rows.shape == Shape{2, 12});
}

TEST_CASE("parallel_for covers every index once, in chunks that do not depend on the threads") {
  for (const int threads : {1, 2, 4}) {
    const ThreadGuard guard(threads);
    std::vector<std::atomic<int>> visits(1003);
    std::atomic<bool> chunks_as_promised{true};
    parallel_for(1003, 100, [&](int64_t begin, int64_t end) {
      if (begin % 100 != 0 || end != std::min<int64_t>(1003, begin + 100)) {
        chunks_as_promised = false;
      }
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    CHECK(chunks_as_promised);
    CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& count) { return count == 1; }));
  }
}

TEST_CASE("parallel_for over nothing does nothing, and runs serially inside itself") {
  parallel_for(0, 10, [](int64_t, int64_t) { FAIL("called"); });
  const ThreadGuard guard(2);
  std::atomic<int64_t> sum{0};
  std::atomic<bool> on_one_thread{true};
  parallel_for(4, 1, [&](int64_t, int64_t) {
    const int outer = thread_index();
    parallel_for(10, 1, [&](int64_t begin, int64_t) {
      if (thread_index() != outer) on_one_thread = false;
      sum += begin;
    });
  });
  CHECK(sum == 4 * 45);
  CHECK(on_one_thread);
}

TEST_CASE("the number of threads is at least 1") {
  const ThreadGuard guard(1);
  set_num_threads(0);
  CHECK(num_threads() == 1);
  set_num_threads(3);
  CHECK(num_threads() == 3);
}
