#include "tensor/kernels/softmax.h"

#include <numeric>

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

struct Rows {
  int64_t N, C;
};

std::vector<Rows> shapes() {
  std::vector<Rows> all = {{0, 5}, {200, 100}, {2, 50257}};
  for (const int64_t C : sizes) all.push_back({3, C});
  return all;
}

using Forward = void(int64_t, int64_t, const real*, real*);
using Backward = void(int64_t, int64_t, const real*, const real*, real*);

Numbers run(Forward* kernel, Rows s, const Numbers& x) {
  Buffer in(x), y(s.N * s.C);
  kernel(s.N, s.C, in.data(), y.data());
  return y.values();
}

Numbers run(Backward* kernel, Rows s, const Numbers& y, const Numbers& dy) {
  Buffer out(y), upstream(dy), dx(random_numbers(s.N * s.C, -1, 1, 9));
  kernel(s.N, s.C, out.data(), upstream.data(), dx.data());
  return dx.values();
}

// Loss, weight and lse, one after the other.
using Loss = void(const kernels::CrossEntropy&, const real*, const int32_t*, real*, real*, real*);
Numbers run(Loss* kernel, const kernels::CrossEntropy& c, const Numbers& logits,
            const std::vector<int32_t>& target) {
  Buffer in(logits), loss(c.N, 5), weight(c.N, 5), lse(c.N, 5);
  kernel(c, in.data(), target.data(), loss.data(), weight.data(), lse.data());
  Numbers result = loss.values();
  for (const Numbers& more : {weight.values(), lse.values()}) {
    result.insert(result.end(), more.begin(), more.end());
  }
  return result;
}

using LossBackward = void(const kernels::CrossEntropy&, const real*, const int32_t*, const real*,
                          const real*, real*);
Numbers run(LossBackward* kernel, const kernels::CrossEntropy& c, const Numbers& logits,
            const std::vector<int32_t>& target) {
  Buffer in(logits), dlogits(random_numbers(c.N * c.V, -1, 1, 8));
  Buffer loss(c.N), weight(c.N), lse(c.N), dloss(random_numbers(c.N, 0, 1, 7));
  reference::cross_entropy(c, in.data(), target.data(), loss.data(), weight.data(), lse.data());
  kernel(c, in.data(), target.data(), lse.data(), dloss.data(), dlogits.data());
  return dlogits.values();
}

// The same where the logits become their gradient.
Numbers run_in_place(const kernels::CrossEntropy& c, const Numbers& logits,
                     const std::vector<int32_t>& target) {
  Buffer x(logits), loss(c.N), weight(c.N), lse(c.N), dloss(random_numbers(c.N, 0, 1, 7));
  reference::cross_entropy(c, x.data(), target.data(), loss.data(), weight.data(), lse.data());
  kernels::cross_entropy_backward(c, x.data(), target.data(), lse.data(), dloss.data(), x.data());
  return x.values();
}

std::vector<int32_t> targets(int64_t N, int64_t V, int32_t ignored) {
  std::vector<int32_t> t(to_size(N));
  for (size_t n = 0; n < t.size(); ++n) {
    t[n] = n % 3 == 2 ? ignored : static_cast<int32_t>((n * 7919) % to_size(V));
  }
  return t;
}

}  // namespace

TEST_CASE("softmax and log_softmax agree with their reference loops for any row length") {
  for_each_target([] {
    for (const Rows s : shapes()) {
      CAPTURE(s.C);
      const Numbers x = random_numbers(s.N * s.C, -10, 10);
      // x - max(x) is as far as -20 and rounded before exp, which makes up to 10 ulps of it.
      CHECK(mismatch(run(kernels::softmax, s, x), run(reference::softmax, s, x),
                     {16 + sum_ulps(s.C)}) == "");
      CHECK(mismatch(run(kernels::log_softmax, s, x), run(reference::log_softmax, s, x),
                     {2 + sum_ulps(s.C), 10}) == "");
    }
  });
}

TEST_CASE("softmax and log_softmax backward agree with their reference loops") {
  for_each_target([] {
    for (const Rows s : shapes()) {
      CAPTURE(s.C);
      const Numbers x = random_numbers(s.N * s.C, -5, 5), dy = random_numbers(s.N * s.C, -1, 1, 2);
      const Numbers y = run(reference::softmax, s, x), log_y = run(reference::log_softmax, s, x);
      CHECK(mismatch(run(kernels::softmax_backward, s, y, dy),
                     run(reference::softmax_backward, s, y, dy), {4 + sum_ulps(s.C), 2}) == "");
      const double size = std::sqrt(static_cast<double>(s.C + 1));
      CHECK(mismatch(run(kernels::log_softmax_backward, s, log_y, dy),
                     run(reference::log_softmax_backward, s, log_y, dy),
                     {4 + sum_ulps(s.C), size}) == "");
    }
  });
}

TEST_CASE("softmax: rows sum to 1, large logits do not overflow, -inf gets no weight") {
  for_each_target([] {
    const Numbers x = {1000, 1000, -infinity, 1000, -1000, 1000};
    const Numbers quarter = {0.25, 0.25, 0, 0.25, 0, 0.25};
    CHECK(run(kernels::softmax, {1, 6}, x) == quarter);
    const Numbers y = run(kernels::log_softmax, {1, 6}, x);
    CHECK(y[2] == -infinity);
    CHECK(close(y[0], -std::log(4.0), {2}));
  });
}

TEST_CASE("a row that is -inf everywhere has softmax 0, log_softmax -inf and no NaN gradient") {
  for_each_target([] {
    for (const int64_t C : {1, 5, 8, 19}) {
      const Numbers x(to_size(C), -infinity), zeros(to_size(C), 0), dy = random_numbers(C, -1, 1);
      CHECK(run(kernels::softmax, {1, C}, x) == zeros);
      CHECK(run(reference::softmax, {1, C}, x) == zeros);
      CHECK(run(kernels::log_softmax, {1, C}, x) == x);
      CHECK(run(reference::log_softmax, {1, C}, x) == x);
      const Numbers unchanged = random_numbers(C, -1, 1, 9);
      CHECK(run(kernels::softmax_backward, {1, C}, zeros, dy) == unchanged);
      for (const real v : run(kernels::log_softmax_backward, {1, C}, x, dy)) {
        CHECK(std::isfinite(v));
      }
    }
  });
}

TEST_CASE("a NaN or +inf among the logits makes the whole row NaN") {
  for_each_target([] {
    for (const real bad : {not_a_number, infinity}) {
      for (const int64_t at : {0, 3, 10}) {
        Numbers x = random_numbers(11, -1, 1);
        x[1] = x[2] = -infinity;
        x[to_size(at)] = bad;
        for (const real v : run(kernels::softmax, {1, 11}, x)) CHECK(std::isnan(v));
        Numbers masked(11, -infinity);
        masked[to_size(at)] = bad;
        for (const real v : run(kernels::softmax, {1, 11}, masked)) CHECK(std::isnan(v));
      }
    }
  });
}

TEST_CASE("cross_entropy agrees with its reference loop with smoothing, weights and ignored rows") {
  for_each_target([] {
    for (const int64_t V : {1, 2, 7, 8, 33, 1000, 50257}) {
      const int64_t N = V > 40000 ? 4 : 40;
      const Numbers logits = random_numbers(N * V, -8, 8), weights = random_numbers(V, 0, 2, 3);
      for (const real smoothing : {real(0), real(0.1)}) {
        for (const real* w : {static_cast<const real*>(nullptr), weights.data()}) {
          const kernels::CrossEntropy c{N, V, -100, smoothing, w};
          const std::vector<int32_t> t = targets(N, V, -100);
          CAPTURE(V);
          CHECK(mismatch(run(kernels::cross_entropy, c, logits, t),
                         run(reference::cross_entropy, c, logits, t), {8 + sum_ulps(V), 1}) == "");
          const Numbers dlogits = run(kernels::cross_entropy_backward, c, logits, t);
          CHECK(mismatch(dlogits, run(reference::cross_entropy_backward, c, logits, t),
                         {8 + sum_ulps(V), 2}) == "");
          CHECK(run_in_place(c, logits, t) == dlogits);
        }
      }
    }
  });
}

TEST_CASE("cross_entropy of equal logits is log V, and its gradient is 1/V, less 1 at the target") {
  for_each_target([] {
    const int64_t V = 20;
    const kernels::CrossEntropy c{1, V, -1, 0, nullptr};
    const Numbers logits(to_size(V), 3);
    const int32_t target = 4;
    real loss = 0, weight = 0, lse = 0;
    kernels::cross_entropy(c, logits.data(), &target, &loss, &weight, &lse);
    CHECK(close(loss, std::log(20.0), {4}));
    CHECK(weight == 1);
    CHECK(close(lse, 3 + std::log(20.0), {4}));
    Numbers dlogits(to_size(V), 0);
    const real one = 1;
    kernels::cross_entropy_backward(c, logits.data(), &target, &lse, &one, dlogits.data());
    for (size_t v = 0; v < to_size(V); ++v) CHECK(close(dlogits[v], v == 4 ? -0.95 : 0.05, {20}));
  });
}

TEST_CASE("cross_entropy ignores rows of the ignored target whatever they hold") {
  for_each_target([] {
    const Numbers logits = {not_a_number, infinity, 1, 2};
    const kernels::CrossEntropy c{2, 2, -1, real(0.1), nullptr};
    const std::vector<int32_t> target = {-1, 0};
    const Numbers result = run(kernels::cross_entropy, c, logits, target);
    CHECK(result[0] == 0);
    CHECK(result[2] == 0);
    const Numbers dlogits = run(kernels::cross_entropy_backward, c, logits, target);
    CHECK(dlogits[0] == 0);
    CHECK(dlogits[1] == 0);
  });
}

TEST_CASE("cross_entropy_backward is the slope of cross_entropy") {
  const int64_t V = 6;
  const Numbers weights = {1, 0.5, 2, 0, 1, 3};
  const kernels::CrossEntropy c{1, V, -1, real(0.2), weights.data()};
  const std::vector<int32_t> target = {2};
  const Numbers logits = random_numbers(V, -2, 2);
  const Numbers lse = {run(reference::cross_entropy, c, logits, target)[2]};
  const real one = 1, h = static_cast<real>(std::cbrt(eps));
  Numbers gradient(to_size(V), 0);
  reference::cross_entropy_backward(c, logits.data(), target.data(), lse.data(), &one,
                                    gradient.data());
  for (size_t v = 0; v < to_size(V); ++v) {
    Numbers above = logits, below = logits;
    above[v] += h;
    below[v] -= h;
    const real rise = run(reference::cross_entropy, c, above, target)[0] -
                      run(reference::cross_entropy, c, below, target)[0];
    CHECK(std::abs(rise / (above[v] - below[v]) - gradient[v]) < 20 * h * h);
  }
}

TEST_CASE("softmax kernels give the same bits for any number of threads") {
  const Rows s{300, 1000};
  const Numbers x = random_numbers(s.N * s.C, -5, 5);
  const std::vector<int32_t> t = targets(s.N, s.C, -1);
  const kernels::CrossEntropy c{s.N, s.C, -1, real(0.1), nullptr};
  CHECK(same_for_any_thread_count([&] { return run(kernels::softmax, s, x); }));
  CHECK(same_for_any_thread_count([&] { return run(kernels::softmax_backward, s, x, x); }));
  CHECK(same_for_any_thread_count([&] { return run(kernels::cross_entropy, c, x, t); }));
  CHECK(same_for_any_thread_count([&] { return run(kernels::cross_entropy_backward, c, x, t); }));
}
