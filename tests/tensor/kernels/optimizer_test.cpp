#include "tensor/kernels/optimizer.h"

#include "tests/tensor/kernels/compare.h"
#include "tests/tensor/kernels/kernel_guard.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

// Parameters and two running averages after an update.
struct State {
  explicit State(int64_t n)
      : w(random_numbers(n, -1, 1)),
        m(random_numbers(n, -1, 1, 2)),
        v(random_numbers(n, 0, 1, 3)) {}
  Buffer w, m, v;
};

void check_same(const State& fast, const State& plain) {
  CHECK(mismatch(fast.w.values(), plain.w.values(), {4, 1}) == "");
  CHECK(mismatch(fast.m.values(), plain.m.values(), {4, 1}) == "");
  CHECK(mismatch(fast.v.values(), plain.v.values(), {4, 1}) == "");
}

}  // namespace

TEST_CASE("adam agrees with its reference loop, with either kind of weight decay") {
  for_each_target([] {
    for (const bool decoupled : {false, true}) {
      const kernels::AdamUpdate u{real(1e-2), real(0.9),  real(0.99), real(1e-8), real(0.1),
                                  real(0.19), real(0.02), decoupled,  real(0.3)};
      for (const int64_t n : sizes) {
        Buffer g(random_numbers(n, -1, 1, 5));
        State fast(n), plain(n);
        kernels::adam(u, n, g.data(), fast.m.data(), fast.v.data(), fast.w.data());
        reference::adam(u, n, g.data(), plain.m.data(), plain.v.data(), plain.w.data());
        check_same(fast, plain);
      }
    }
  });
}

TEST_CASE("adam rounds the new weights to bfloat16 where that is asked for") {
  constexpr int64_t n = 40'000;  // more than a chunk
  const kernels::AdamUpdate u{real(1e-2), real(0.9),  real(0.99), real(1e-8),
                              0,          real(0.19), real(0.02), true};
  for (const kernels::Mode mode : {kernels::Mode::fast, kernels::Mode::reference}) {
    const KernelGuard guard(mode);
    Buffer g(random_numbers(n, -1, 1, 5));
    State s(n);
    std::vector<kernels::bf16> rounded(n);
    kernels::adam(u, n, g.data(), s.m.data(), s.v.data(), s.w.data(), rounded.data());
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
      const auto w = static_cast<float>(s.w.data()[i]);
      wrong += rounded[static_cast<size_t>(i)].bits != kernels::to_bf16(w).bits;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("sgd agrees with its reference loop in all its forms") {
  for_each_target([] {
    for (const bool nesterov : {false, true}) {
      for (const bool first_step : {false, true}) {
        const kernels::SgdUpdate u{real(0.1), real(0.9),  real(0.2), real(0.01),
                                   nesterov,  first_step, real(0.3)};
        for (const int64_t n : sizes) {
          Buffer g(random_numbers(n, -1, 1, 5));
          State fast(n), plain(n), fast_plain_sgd(n), plain_sgd(n);
          kernels::sgd(u, n, g.data(), fast.m.data(), fast.w.data());
          reference::sgd(u, n, g.data(), plain.m.data(), plain.w.data());
          check_same(fast, plain);
          kernels::sgd(u, n, g.data(), nullptr, fast_plain_sgd.w.data());
          reference::sgd(u, n, g.data(), nullptr, plain_sgd.w.data());
          check_same(fast_plain_sgd, plain_sgd);
        }
      }
    }
  });
}

TEST_CASE("Adam's first step moves every parameter by lr, whatever the size of its gradient") {
  const kernels::AdamUpdate u{real(0.01), real(0.9),     real(0.999),     0,
                              0,          1 - real(0.9), 1 - real(0.999), false};
  const Numbers g = {real(1e-3), real(-5), real(100)};
  Numbers m(3), v(3), w(3);
  kernels::adam(u, 3, g.data(), m.data(), v.data(), w.data());
  CHECK(mismatch(w, {real(-0.01), real(0.01), real(-0.01)}, {100}) == "");
}

TEST_CASE("decoupled weight decay shrinks a parameter without a gradient, by lr * weight_decay") {
  const kernels::AdamUpdate u{real(0.5), real(0.9), real(0.999), real(1e-8), real(0.1), 1, 1, true};
  real g = 0, m = 0, v = 0, w = 2;
  kernels::adam(u, 1, &g, &m, &v, &w);
  CHECK(close(w, 2 * (1 - 0.5 * 0.1), {2}));
}

TEST_CASE("optimizer kernels give the same bits for any number of threads") {
  const int64_t n = 100001;
  const kernels::AdamUpdate u{real(1e-2), real(0.9), real(0.99), real(1e-8), real(0.1), 1, 1, true};
  const Numbers g = random_numbers(n, -1, 1, 5);
  CHECK(same_for_any_thread_count([&] {
    State s(n);
    kernels::adam(u, n, g.data(), s.m.data(), s.v.data(), s.w.data());
    return s.w.values();
  }));
}
