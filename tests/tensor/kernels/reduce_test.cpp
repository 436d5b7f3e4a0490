#include "tensor/kernels/reduce.h"

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

struct Extents {
  int64_t outer, n, inner;
  int64_t all() const { return outer * n * inner; }
};

std::vector<Extents> extents() {
  std::vector<Extents> all = {{0, 3, 1},   {3, 0, 1},    {3, 0, 4},     {2, 5, 0},    {1, 70000, 1},
                              {5, 17, 1},  {40, 64, 1},  {3, 20000, 1}, {1, 64, 8},   {1, 65, 7},
                              {1, 500, 3}, {2, 9000, 5}, {3, 130, 33},  {1, 9, 3000}, {2, 4, 2050}};
  for (const int64_t n : sizes) all.push_back({2, n, 1});
  for (const int64_t n : {1, 2, 3, 4, 5, 63, 64, 65, 129}) all.push_back({2, n, 9});
  return all;
}

using Along = void(int64_t, int64_t, int64_t, const real*, real*, int32_t*);

// Values, then indices.
Numbers run(Along* kernel, Extents e, const Numbers& x) {
  Buffer in(x), y(e.outer * e.inner);
  std::vector<int32_t> index(to_size(e.outer * e.inner));
  kernel(e.outer, e.n, e.inner, in.data(), y.data(), index.data());
  Numbers result = y.values();
  result.insert(result.end(), index.begin(), index.end());
  return result;
}

}  // namespace

TEST_CASE("sum agrees with its reference loop to 1e-6 of the sum of sizes") {
  for_each_target([] {
    for (const Extents e : extents()) {
      CAPTURE(e.outer);
      CAPTURE(e.n);
      CAPTURE(e.inner);
      for (const double low : {0.0, -1.0}) {
        Buffer x(random_numbers(e.all(), low, 1));
        Buffer fast(e.outer * e.inner, 7), plain(e.outer * e.inner, 8);
        kernels::sum(e.outer, e.n, e.inner, x.data(), fast.data());
        reference::sum(e.outer, e.n, e.inner, x.data(), plain.data());
        const double size = low == 0 ? 0 : std::sqrt(static_cast<double>(e.n));
        CHECK(mismatch(fast.values(), plain.values(), {8 + sum_ulps(e.n), size}) == "");
      }
    }
  });
}

TEST_CASE("max_along and min_along find the reference's value and its first position") {
  for_each_target([] {
    for (const Extents e : extents()) {
      if (e.n == 0) continue;
      CAPTURE(e.n);
      CAPTURE(e.inner);
      Numbers x = random_numbers(e.all(), -50, 50);
      for (real& v : x) v = std::round(v);  // many ties
      CHECK(run(kernels::max_along, e, x) == run(reference::max_along, e, x));
      CHECK(run(kernels::min_along, e, x) == run(reference::min_along, e, x));
    }
  });
}

TEST_CASE("in max_along and min_along the first NaN wins and infinities count") {
  for_each_target([] {
    for (Along* kernel : {kernels::max_along, kernels::min_along}) {
      for (const int64_t n : {3, 8, 19, 40}) {
        for (int64_t at = 0; at < n; ++at) {
          Numbers x(to_size(n), -2);
          x[to_size(at)] = not_a_number;
          if (at + 1 < n) x[to_size(at + 1)] = not_a_number;
          x[0] = at == 0 ? not_a_number : infinity;
          const Numbers result = run(kernel, {1, n, 1}, x);
          CHECK(std::isnan(result[0]));
          CHECK(result[1] == at);
        }
      }
    }
    const Numbers infinite(11, infinity), below(11, -infinity);
    CHECK(run(kernels::max_along, {1, 11, 1}, below) == Numbers{-infinity, 0});
    CHECK(run(kernels::min_along, {1, 11, 1}, below) == Numbers{-infinity, 0});
    CHECK(run(kernels::max_along, {1, 11, 1}, infinite) == Numbers{infinity, 0});
    CHECK(run(kernels::min_along, {1, 11, 1}, infinite) == Numbers{infinity, 0});
  });
}

TEST_CASE("cumsum adds up from either end") {
  const Numbers x = {1, 2, 3, 4, 5, 6};
  Numbers y(6);
  kernels::cumsum(1, 6, 1, false, x.data(), y.data());
  CHECK(y == Numbers{1, 3, 6, 10, 15, 21});
  kernels::cumsum(2, 3, 1, true, x.data(), y.data());
  CHECK(y == Numbers{6, 5, 3, 15, 11, 6});
  kernels::cumsum(1, 3, 2, false, x.data(), y.data());
  CHECK(y == Numbers{1, 2, 4, 6, 9, 12});
}

TEST_CASE("sum_of_squares is exact to double and cannot overflow in float") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      Buffer x(random_numbers(n, -1, 1));
      const double fast = kernels::sum_of_squares(n, x.data());
      const double plain = reference::sum_of_squares(n, x.data());
      CHECK(std::abs(fast - plain) <= 1e-13 * plain);
    }
    const Numbers large(3, 1e25f);
    CHECK(std::abs(kernels::sum_of_squares(3, large.data()) / 3e50 - 1) < 1e-6);
  });
}

TEST_CASE("all_finite notices a single NaN or infinity anywhere") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      const Numbers x = random_numbers(n, -1, 1);
      CHECK(kernels::all_finite(n, x.data()));
      for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
        if (n == 0) continue;
        for (const real bad : {not_a_number, infinity, -infinity}) {
          Numbers damaged = x;
          damaged[to_size(at)] = bad;
          CHECK(!kernels::all_finite(n, damaged.data()));
        }
      }
    }
    const Numbers largest(9, std::numeric_limits<real>::max());
    CHECK(kernels::all_finite(9, largest.data()));
  });
}

TEST_CASE("reductions give the same bits for any number of threads") {
  for (const Extents e : {Extents{1, 100000, 1}, {3, 50001, 1}, {1, 5000, 65}, {64, 100, 33}}) {
    const Numbers x = random_numbers(e.all(), -1, 1);
    CHECK(same_for_any_thread_count([&] {
      Buffer y(e.outer * e.inner), scanned(e.all());
      kernels::sum(e.outer, e.n, e.inner, x.data(), y.data());
      kernels::cumsum(e.outer, e.n, e.inner, false, x.data(), scanned.data());
      Numbers result = y.values();
      const Numbers more = scanned.values();
      result.insert(result.end(), more.begin(), more.end());
      return result;
    }));
    CHECK(same_for_any_thread_count([&] { return kernels::sum_of_squares(e.all(), x.data()); }));
    CHECK(same_for_any_thread_count([&] { return run(kernels::max_along, e, x); }));
  }
}
