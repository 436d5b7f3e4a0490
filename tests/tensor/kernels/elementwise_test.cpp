#include "tensor/kernels/elementwise.h"

#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using namespace gradus::testing;
namespace reference = gradus::kernels::reference;

namespace {

const Numbers special = {0,
                         -0.0f,
                         1,
                         -1,
                         infinity,
                         -infinity,
                         not_a_number,
                         real(0.5),
                         2,
                         1e-8f,
                         -1e-8f,
                         1e30f,
                         -1e30f,
                         88.7f,
                         88.8f,
                         -87,
                         -88.7f,
                         -103,
                         -104,
                         -105,
                         5,
                         -5,
                         9.5f,
                         -9.5f,
                         -15,
                         20,
                         -20,
                         std::numeric_limits<real>::min(),
                         std::numeric_limits<real>::denorm_min()};

// Numbers of ordinary size, then numbers of many sizes, then special ones.
Numbers inputs(int64_t n) {
  Numbers x = random_numbers(n, -6, 6);
  const Numbers wide = random_numbers(n, -120, 120, 2);
  for (size_t i = 0; i < x.size(); i += 3) x[i] = wide[i];
  for (size_t i = 1; i < x.size(); i += 7) x[i] = special[i / 7 % special.size()];
  return x;
}

struct UnaryCase {
  const char* name;
  kernels::Unary* fast;
  kernels::Unary* plain;
  Tolerance tolerance;
};

const UnaryCase unary_cases[] = {
    {"exp", kernels::exp, reference::exp, {3}},
    {"log", kernels::log, reference::log, {4}},
    {"sqrt", kernels::sqrt, reference::sqrt, {1}},
    {"rsqrt", kernels::rsqrt, reference::rsqrt, {2}},
    {"abs", kernels::abs, reference::abs, {0}},
    {"sign", kernels::sign, reference::sign, {0}},
    {"tanh", kernels::tanh, reference::tanh, {4}},
    {"sigmoid", kernels::sigmoid, reference::sigmoid, {4}},
    {"relu", kernels::relu, reference::relu, {0}},
    {"gelu", kernels::gelu, reference::gelu, {2, 1}},
    {"gelu_tanh", kernels::gelu_tanh, reference::gelu_tanh, {4, 1}},
    {"silu", kernels::silu, reference::silu, {4, 1}},
};

struct BackwardCase {
  const char* name;
  kernels::UnaryBackward* fast;
  kernels::UnaryBackward* plain;
};

const BackwardCase backward_cases[] = {
    {"relu_backward", kernels::relu_backward, reference::relu_backward},
    {"gelu_backward", kernels::gelu_backward, reference::gelu_backward},
    {"gelu_tanh_backward", kernels::gelu_tanh_backward, reference::gelu_tanh_backward},
    {"silu_backward", kernels::silu_backward, reference::silu_backward},
    {"tanh_backward", kernels::tanh_backward, reference::tanh_backward},
    {"sigmoid_backward", kernels::sigmoid_backward, reference::sigmoid_backward},
};

struct BinaryCase {
  const char* name;
  kernels::Binary* fast;
  kernels::Binary* plain;
};

const BinaryCase binary_cases[] = {
    {"add", kernels::add, reference::add},
    {"sub", kernels::sub, reference::sub},
    {"mul", kernels::mul, reference::mul},
    {"div", kernels::div, reference::div},
    {"pow", kernels::pow, reference::pow},
    {"max", kernels::max, reference::max},
    {"min", kernels::min, reference::min},
    {"equal", kernels::equal, reference::equal},
    {"less", kernels::less, reference::less},
    {"less_equal", kernels::less_equal, reference::less_equal},
};

struct Steps {
  int64_t a, b;
};
const Steps steps[] = {{1, 1}, {1, 0}, {0, 1}, {0, 0}, {2, 1}, {1, 3}, {3, 2}, {-1, 1}};

// An operand of n elements `step` apart, and where its first element lies.
struct Operand {
  Operand(const Numbers& values, int64_t n, int64_t step)
      : buffer(values), first(buffer.data() + (step < 0 ? (n - 1) * -step : 0)) {}
  Buffer buffer;
  const real* first;
};

Numbers run(kernels::Unary* kernel, const Numbers& x) {
  Buffer in(x), out(static_cast<int64_t>(x.size()));
  kernel(static_cast<int64_t>(x.size()), in.data(), out.data());
  return out.values();
}

}  // namespace

TEST_CASE("unary kernels agree with their reference loops for any length") {
  for_each_target([] {
    for (const UnaryCase& c : unary_cases) {
      INFO(std::string(c.name));
      for (const int64_t n : sizes) {
        const Numbers x = inputs(n);
        CHECK(mismatch(run(c.fast, x), run(c.plain, x), c.tolerance) == "");
      }
    }
  });
}

TEST_CASE("unary kernels may write where they read") {
  for (const UnaryCase& c : unary_cases) {
    INFO(std::string(c.name));
    const Numbers x = inputs(1003);
    Buffer in_place(x);
    c.fast(1003, in_place.data(), in_place.data());
    CHECK(mismatch(in_place.values(), run(c.plain, x), c.tolerance) == "");
  }
}

TEST_CASE("backward kernels give dy times the reference's derivative") {
  for_each_target([] {
    for (const BackwardCase& c : backward_cases) {
      INFO(std::string(c.name));
      for (const int64_t n : sizes) {
        Buffer x(inputs(n)), dy(random_numbers(n, -1, 1, 3)), fast(n), plain(n);
        c.fast(n, x.data(), dy.data(), fast.data());
        c.plain(n, x.data(), dy.data(), plain.data());
        CHECK(mismatch(fast.values(), plain.values(), {16, 2}) == "");
        c.fast(n, x.data(), dy.data(), x.data());
        CHECK(mismatch(x.values(), fast.values(), {0}) == "");
      }
    }
  });
}

TEST_CASE("backward kernels have the slope of their forward kernels") {
  struct Pair {
    kernels::Unary* forward;
    kernels::UnaryBackward* backward;
    bool of_output;
  };
  const Pair pairs[] = {{reference::gelu, reference::gelu_backward, false},
                        {reference::gelu_tanh, reference::gelu_tanh_backward, false},
                        {reference::silu, reference::silu_backward, false},
                        {reference::tanh, reference::tanh_backward, true},
                        {reference::sigmoid, reference::sigmoid_backward, true}};
  const real h = static_cast<real>(std::cbrt(eps));
  for (const Pair& pair : pairs) {
    for (real x = -5; x <= 5; x += real(0.37)) {
      const Numbers y = run(pair.forward, {x - h, x + h, x});
      const real slope = (y[1] - y[0]) / (x + h - (x - h));
      const real at = pair.of_output ? y[2] : x;
      const real one = 1;
      real dx = 0;
      pair.backward(1, &at, &one, &dx);
      CHECK(std::abs(dx - slope) < 20 * h * h);
    }
  }
}

TEST_CASE("binary kernels agree with their reference loops for any steps") {
  for_each_target([] {
    for (const BinaryCase& c : binary_cases) {
      INFO(std::string(c.name));
      for (const int64_t n : sizes) {
        for (const Steps s : steps) {
          CAPTURE(s.a);
          CAPTURE(s.b);
          Numbers b_values = inputs(3 * n + 1);
          std::rotate(b_values.begin(), b_values.begin() + n / 2, b_values.end());
          const Operand a(inputs(3 * n + 1), n, s.a), b(b_values, n, s.b);
          Buffer fast(n), plain(n);
          c.fast(n, a.first, s.a, b.first, s.b, fast.data());
          c.plain(n, a.first, s.a, b.first, s.b, plain.data());
          CHECK(mismatch(fast.values(), plain.values(), {1}) == "");
        }
      }
    }
  });
}

TEST_CASE("max and min answer NaN if either operand is NaN") {
  for_each_target([] {
    for (kernels::Binary* kernel : {kernels::max, kernels::min}) {
      Buffer a(Numbers(9, not_a_number)), b(Numbers(9, 1)), y(9);
      kernel(9, a.data(), 1, b.data(), 1, y.data());
      for (const real v : y.values()) CHECK(std::isnan(v));
      kernel(9, b.data(), 1, a.data(), 1, y.data());
      for (const real v : y.values()) CHECK(std::isnan(v));
    }
  });
}

TEST_CASE("affine, pow_scalar and fill agree with their definitions") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      Buffer x(random_numbers(n, 0, 3)), fast(n), plain(n);
      kernels::affine(n, real(1.5), x.data(), real(-0.25), fast.data());
      reference::affine(n, real(1.5), x.data(), real(-0.25), plain.data());
      CHECK(mismatch(fast.values(), plain.values(), {1, 1}) == "");
      for (const real exponent : {real(2), real(3), real(0.5), real(-1), real(0)}) {
        kernels::pow_scalar(n, x.data(), exponent, fast.data());
        reference::pow_scalar(n, x.data(), exponent, plain.data());
        CHECK(mismatch(fast.values(), plain.values(), {1}) == "");
      }
      kernels::fill(n, real(0.75), fast.data());
      CHECK(fast.values() == Numbers(to_size(n), real(0.75)));
    }
  });
}

TEST_CASE("copy moves every element for any steps") {
  for (const int64_t n : sizes) {
    for (const Steps s : {Steps{1, 1}, {0, 1}, {3, 1}, {1, 2}, {2, 3}, {-1, 1}}) {
      const Operand x(random_numbers(3 * n + 1, -1, 1), n, s.a);
      Buffer y(3 * n + 1, 9);
      kernels::copy(n, x.first, s.a, y.data(), s.b);
      Numbers wanted(to_size(3 * n + 1), 9);
      for (int64_t i = 0; i < n; ++i) wanted[to_size(i * s.b)] = x.first[i * s.a];
      CHECK(y.values() == wanted);
    }
  }
}

TEST_CASE("add_scaled agrees with its reference loop for any steps") {
  for_each_target([] {
    for (const int64_t n : sizes) {
      for (const Steps s : {Steps{1, 1}, {0, 1}, {1, 0}, {3, 1}, {1, 2}, {2, 3}, {-1, 1}}) {
        const Operand x(random_numbers(3 * n + 1, -1, 1), n, s.a);
        const Numbers before = random_numbers(3 * n + 1, -1, 1, 2);
        Buffer fast(before), plain(before);
        kernels::add_scaled(n, real(0.3), x.first, s.a, fast.data(), s.b);
        reference::add_scaled(n, real(0.3), x.first, s.a, plain.data(), s.b);
        CHECK(mismatch(fast.values(), plain.values(), {1, 1}) == "");
      }
    }
  });
}

TEST_CASE("gelu is x (1 + erf(x / sqrt 2)) / 2 to 2e-7 x, or 1e-15 x in double") {
  const long double limit = sizeof(real) == 4 ? 2e-7L : 1e-15L;
  for_each_target([&] {
    const Numbers x = random_numbers(200000, -8, 8);
    const Numbers y = run(kernels::gelu, x);
    long double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const long double cdf = (1 + std::erf(x[i] / std::sqrt(2.0L))) / 2;
      const long double size = std::max(1.0L, std::abs(static_cast<long double>(x[i])));
      worst = std::max(worst, std::abs(y[i] - x[i] * cdf) / size);
    }
    CHECK(worst <= limit);
  });
}

TEST_CASE("exp underflows gradually and overflows to infinity") {
  for_each_target([] {
    const real smallest = std::numeric_limits<real>::denorm_min();
    const real limit = sizeof(real) == 4 ? real(-103.9) : real(-745.1);
    const Numbers y = run(kernels::exp, {limit, 2 * limit, -limit, infinity, -infinity, 0});
    CHECK(y == Numbers{smallest, 0, infinity, infinity, 0, 1});
    const real denormal = run(kernels::exp, {real(limit + 10)})[0];  // some 2e4 denormal steps
    const double wanted = std::exp(static_cast<double>(real(limit + 10)));
    CHECK(std::abs(denormal - wanted) <= 1e-4 * wanted);
  });
}

TEST_CASE("exp stays within 2 ulp over its whole range") {
  for_each_target([] {
    const double range = sizeof(real) == 4 ? 87 : 700;
    const Numbers x = random_numbers(500000, -range, range);
    CHECK(mismatch(run(kernels::exp, x), run(reference::exp, x), {1}) == "");
  });
}

TEST_CASE("tanh and sigmoid saturate exactly") {
  for_each_target([] {
    const Numbers x = {100, -100, infinity, -infinity, 1000, -1000, NAN, -80, 80};
    Numbers t = run(kernels::tanh, x);
    t.resize(6);
    CHECK(t == Numbers{1, -1, 1, -1, 1, -1});
    const Numbers s = run(kernels::sigmoid, x);
    CHECK(s[0] == 1);
    CHECK(s[2] == 1);
    CHECK(s[3] == 0);
    CHECK(s[5] == 0);
    CHECK(std::isnan(s[6]));
    CHECK(std::abs(s[7] / std::exp(real(-80)) - 1) < 1e-6);  // small, and precise
    CHECK(s[8] == 1);
  });
}

TEST_CASE("elementwise kernels give the same bits for any number of threads") {
  const Numbers x = random_numbers(100001, -3, 3);
  for (const UnaryCase& c : unary_cases) {
    if (c.fast == kernels::log || c.fast == kernels::sqrt || c.fast == kernels::rsqrt) continue;
    INFO(std::string(c.name));
    CHECK(same_for_any_thread_count([&] { return run(c.fast, x); }));
  }
}
