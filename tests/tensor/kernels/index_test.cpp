#include "tensor/kernels/index.h"

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

std::vector<int32_t> random_ids(int64_t N, int64_t V) {
  std::mt19937 generator(3);
  std::vector<int32_t> ids(to_size(N));
  for (int32_t& id : ids) id = static_cast<int32_t>(generator() % static_cast<unsigned>(V));
  return ids;
}

}  // namespace

TEST_CASE("gather_rows copies the named rows, scatter_add_rows adds to them") {
  for_each_target([] {
    for (const int64_t N : {0, 1, 5, 300}) {
      for (const int64_t C : {1, 3, 8, 63, 64, 65, 129, 200}) {
        const int64_t V = 11;
        const std::vector<int32_t> ids = random_ids(N, V);
        Buffer table(random_numbers(V * C, -1, 1)), y(N * C), wanted(N * C);
        kernels::gather_rows(N, C, table.data(), ids.data(), y.data());
        reference::gather_rows(N, C, table.data(), ids.data(), wanted.data());
        CHECK(y.values() == wanted.values());

        Buffer dtable(table.values()), plain(table.values());
        kernels::scatter_add_rows(N, C, ids.data(), y.data(), dtable.data());
        reference::scatter_add_rows(N, C, ids.data(), y.data(), plain.data());
        CHECK(dtable.values() == plain.values());
      }
    }
  });
}

TEST_CASE("scatter_add_rows adds rows of one id in their order, for any number of threads") {
  // 1 + 1e30 - 1e30 is 0 in this order and 1 in another.
  const int64_t C = 300;
  Numbers dy(to_size(3 * C));
  for (int64_t c = 0; c < C; ++c) {
    dy[to_size(c)] = 1;
    dy[to_size(C + c)] = 1e30f;
    dy[to_size(2 * C + c)] = -1e30f;
  }
  const std::vector<int32_t> ids = {2, 2, 2};
  Numbers table(to_size(3 * C));
  kernels::scatter_add_rows(3, C, ids.data(), dy.data(), table.data());
  CHECK(table == Numbers(to_size(3 * C), 0));

  const int64_t N = 2000;
  const std::vector<int32_t> many = random_ids(N, 50);
  const Numbers rows = random_numbers(N * C, -1, 1);
  CHECK(same_for_any_thread_count([&] {
    Numbers sums(to_size(50 * C));
    kernels::scatter_add_rows(N, C, many.data(), rows.data(), sums.data());
    return sums;
  }));
}
