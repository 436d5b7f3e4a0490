#include "tensor/kernels/norm.h"

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

constexpr real layer_eps = real(1e-5);

struct Rows {
  int64_t N, C;
};

std::vector<Rows> shapes() {
  std::vector<Rows> all = {{0, 4}, {1, 768}, {31, 65}, {32, 16}, {33, 17}, {200, 96}};
  for (const int64_t C : sizes) {
    if (C > 0) all.push_back({5, C});
  }
  return all;
}

struct Inputs {
  explicit Inputs(Rows s)
      : x(random_numbers(s.N * s.C, -1, 3)),
        dy(random_numbers(s.N * s.C, -1, 1, 2)),
        weight(random_numbers(s.C, 0.5, 2, 3)),
        bias(random_numbers(s.C, -1, 1, 4)),
        mean(s.N),
        rstd(s.N),
        y(s.N * s.C) {}
  Buffer x, dy, weight, bias, mean, rstd, y;
};

// dx, dweight and dbias of a backward kernel, each added to what was there.
struct Gradients {
  explicit Gradients(Rows s)
      : dx(random_numbers(s.N * s.C, -1, 1, 5)),
        dweight(random_numbers(s.C, -1, 1, 6)),
        dbias(random_numbers(s.C, -1, 1, 7)) {}
  Buffer dx, dweight, dbias;
};

Gradients layer_norm_gradients(decltype(kernels::layer_norm_backward)* kernel, Rows s,
                               const real* weight, Inputs& in) {
  Gradients g(s);
  kernel(s.N, s.C, in.x.data(), weight, in.mean.data(), in.rstd.data(), in.dy.data(), g.dx.data(),
         g.dweight.data(), g.dbias.data());
  return g;
}

Gradients rms_norm_gradients(decltype(kernels::rms_norm_backward)* kernel, Rows s,
                             const real* weight, Inputs& in) {
  Gradients g(s);
  kernel(s.N, s.C, in.x.data(), weight, in.rstd.data(), in.dy.data(), g.dx.data(),
         g.dweight.data());
  return g;
}

void check_same(const Gradients& fast, const Gradients& plain, Rows s) {
  const double size = std::sqrt(static_cast<double>(s.N) + 1);
  CHECK(mismatch(fast.dx.values(), plain.dx.values(), {20 + sum_ulps(s.C), 1}) == "");
  CHECK(mismatch(fast.dweight.values(), plain.dweight.values(), {10, size}) == "");
  CHECK(mismatch(fast.dbias.values(), plain.dbias.values(), {10, size}) == "");
}

}  // namespace

TEST_CASE("layer_norm agrees with its reference loop, with and without weight and bias") {
  for_each_target([] {
    for (const Rows s : shapes()) {
      CAPTURE(s.C);
      for (const bool affine : {false, true}) {
        Inputs fast(s), plain(s);
        kernels::layer_norm(
            s.N, s.C, layer_eps, fast.x.data(), affine ? fast.weight.data() : nullptr,
            affine ? fast.bias.data() : nullptr, fast.y.data(), fast.mean.data(), fast.rstd.data());
        reference::layer_norm(s.N, s.C, layer_eps, plain.x.data(),
                              affine ? plain.weight.data() : nullptr,
                              affine ? plain.bias.data() : nullptr, plain.y.data(),
                              plain.mean.data(), plain.rstd.data());
        const double slack = s.C == 1 ? 100 : 8;  // one number less its mean is 0, up to rounding
        CHECK(mismatch(fast.y.values(), plain.y.values(), {slack + sum_ulps(s.C), 1}) == "");
        CHECK(mismatch(fast.mean.values(), plain.mean.values(), {4 + sum_ulps(s.C), 0.1}) == "");
        CHECK(mismatch(fast.rstd.values(), plain.rstd.values(), {4 + sum_ulps(s.C)}) == "");
      }
    }
  });
}

TEST_CASE("layer_norm survives a mean that is large beside the spread") {
  for_each_target([] {
    Inputs in({1, 64});
    for (int64_t i = 0; i < 64; ++i) in.x.data()[i] = real(4096 + (i % 2 == 0 ? 1 : -1));
    kernels::layer_norm(1, 64, 0, in.x.data(), nullptr, nullptr, in.y.data(), in.mean.data(),
                        in.rstd.data());
    for (int64_t i = 0; i < 64; ++i) CHECK(in.y.data()[i] == (i % 2 == 0 ? 1 : -1));
  });
}

TEST_CASE("layer_norm_backward agrees with its reference loop") {
  for_each_target([] {
    for (const Rows s : shapes()) {
      if (s.C == 1) continue;
      CAPTURE(s.N);
      CAPTURE(s.C);
      Inputs in(s);
      reference::layer_norm(s.N, s.C, layer_eps, in.x.data(), nullptr, nullptr, in.y.data(),
                            in.mean.data(), in.rstd.data());
      const real* const no_weight = nullptr;
      for (const real* weight : {no_weight, static_cast<const real*>(in.weight.data())}) {
        check_same(layer_norm_gradients(kernels::layer_norm_backward, s, weight, in),
                   layer_norm_gradients(reference::layer_norm_backward, s, weight, in), s);
      }
    }
  });
}

TEST_CASE("rms_norm and its backward agree with their reference loops") {
  for_each_target([] {
    for (const Rows s : shapes()) {
      CAPTURE(s.N);
      CAPTURE(s.C);
      Inputs fast(s), plain(s);
      for (const bool weighted : {false, true}) {
        kernels::rms_norm(s.N, s.C, layer_eps, fast.x.data(),
                          weighted ? fast.weight.data() : nullptr, fast.y.data(), fast.rstd.data());
        reference::rms_norm(s.N, s.C, layer_eps, plain.x.data(),
                            weighted ? plain.weight.data() : nullptr, plain.y.data(),
                            plain.rstd.data());
        CHECK(mismatch(fast.y.values(), plain.y.values(), {6 + sum_ulps(s.C)}) == "");
        CHECK(mismatch(fast.rstd.values(), plain.rstd.values(), {4 + sum_ulps(s.C)}) == "");
        const real* weight = weighted ? plain.weight.data() : nullptr;
        check_same(rms_norm_gradients(kernels::rms_norm_backward, s, weight, plain),
                   rms_norm_gradients(reference::rms_norm_backward, s, weight, plain), s);
      }
    }
  });
}

TEST_CASE("norm backward leaves out the gradients that are not wanted") {
  const Rows s{40, 33};
  Inputs in(s);
  reference::layer_norm(s.N, s.C, layer_eps, in.x.data(), nullptr, nullptr, in.y.data(),
                        in.mean.data(), in.rstd.data());
  Gradients all = layer_norm_gradients(kernels::layer_norm_backward, s, in.weight.data(), in);
  for (const int wanted : {0, 1, 2}) {
    Gradients g(s);
    kernels::layer_norm_backward(s.N, s.C, in.x.data(), in.weight.data(), in.mean.data(),
                                 in.rstd.data(), in.dy.data(), wanted == 0 ? g.dx.data() : nullptr,
                                 wanted == 1 ? g.dweight.data() : nullptr,
                                 wanted == 2 ? g.dbias.data() : nullptr);
    CHECK((g.dx.values() == all.dx.values()) == (wanted == 0));
    CHECK((g.dweight.values() == all.dweight.values()) == (wanted == 1));
    CHECK((g.dbias.values() == all.dbias.values()) == (wanted == 2));
  }
  Gradients g(s);
  kernels::rms_norm_backward(s.N, s.C, in.x.data(), nullptr, in.rstd.data(), in.dy.data(), nullptr,
                             g.dweight.data());
  CHECK(g.dweight.values() != Gradients(s).dweight.values());
}

TEST_CASE("norm kernels give the same bits for any number of threads") {
  const Rows s{500, 96};
  Inputs in(s);
  reference::layer_norm(s.N, s.C, layer_eps, in.x.data(), nullptr, nullptr, in.y.data(),
                        in.mean.data(), in.rstd.data());
  const auto joined = [](const Gradients& g) {
    return std::vector<Numbers>{g.dx.values(), g.dweight.values(), g.dbias.values()};
  };
  CHECK(same_for_any_thread_count([&] {
    return joined(layer_norm_gradients(kernels::layer_norm_backward, s, in.weight.data(), in));
  }));
  CHECK(same_for_any_thread_count([&] {
    return joined(rms_norm_gradients(kernels::rms_norm_backward, s, in.weight.data(), in));
  }));
}
