#include "tensor/kernels/attention.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tensor/parallel.h"
#include "tests/tensor/kernels/compare.h"

using namespace gradus;
using kernels::Attention;

namespace {

using Numbers = std::vector<real>;

constexpr real infinity = std::numeric_limits<real>::infinity();

Numbers random_numbers(int64_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<real> normal;
  Numbers x(static_cast<size_t>(n));
  for (real& value : x) value = normal(generator);
  return x;
}

// Operands of one call: q, k and v packed side by side if T = S (rows of qkv), else separate.
struct Sample {
  std::string name;
  int64_t B, T, S, NH, NKV, hs;
  bool causal = false, masked = false, biased = false, packed = false;
  int64_t window = 0;
  bool relative = false;

  Attention a{};
  Numbers q_memory{}, k_memory{}, v_memory{}, mask{}, bias{}, relative_bias{}, dy{};
  const real *q = nullptr, *k = nullptr, *v = nullptr;

  void fill() {
    const int64_t C = NH * hs, KV = NKV * hs;
    a = {B,
         T,
         S,
         NH,
         NKV,
         hs,
         1 / std::sqrt(static_cast<real>(hs)),
         causal,
         nullptr,
         nullptr,
         0,
         0,
         {T * C, C, hs},
         {S * KV, KV, hs},
         {S * KV, KV, hs},
         window};
    if (packed) {
      const int64_t row = C + 2 * KV;
      a.q_strides = a.k_strides = a.v_strides = {T * row, row, hs};
      q_memory = random_numbers(B * T * row, 1);
      q = q_memory.data();
      k = q + C;
      v = k + KV;
    } else {
      q_memory = random_numbers(B * T * C, 1);
      k_memory = random_numbers(B * S * KV, 2);
      v_memory = random_numbers(B * S * KV, 3);
      q = q_memory.data();
      k = k_memory.data();
      v = v_memory.data();
    }
    dy = random_numbers(B * T * C, 4);
    if (masked) {  // the first batch row hides every key, the others every third
      for (int64_t b = 0; b < B; ++b)
        for (int64_t j = 0; j < S; ++j) mask.push_back(b == 0 || j % 3 == 1 ? 0 : 1);
      a.key_mask = mask.data();
    }
    if (biased) {  // one bias for all batch rows, as T5 has it
      bias = random_numbers(NH * T * S, 5);
      a.bias = bias.data();
      a.bias_head = T * S;
    }
    if (relative) {
      relative_bias = random_numbers(NH * a.distances(), 6);
      a.relative_bias = relative_bias.data();
    }
  }
};

std::vector<Sample> samples() {
  std::vector<Sample> list{
      {"one number", 1, 1, 1, 1, 1, 1},
      {"nano", 2, 64, 64, 4, 4, 32, true, false, false, true},
      {"odd sizes", 2, 37, 37, 3, 3, 5, true},
      {"small heads", 1, 70, 70, 2, 2, 2, true},
      {"bidirectional with a mask", 3, 41, 41, 2, 2, 8, false, true},
      {"causal with a mask", 2, 65, 65, 2, 2, 16, true, true},
      {"cross attention", 2, 19, 150, 2, 2, 24},
      {"bias", 2, 33, 70, 2, 2, 8, false, false, true},
      {"bias, mask and causal", 2, 33, 33, 2, 2, 8, true, true, true},
      {"grouped heads", 2, 50, 50, 6, 2, 16, true, false, false, true},
      {"one key/value head", 1, 90, 300, 4, 1, 12, true},
      {"generation", 1, 1, 333, 4, 4, 64, true},
      {"one query, masks, biases, odd heads", 3, 1, 77, 4, 2, 5, true, true, true},
      {"one query in a window", 2, 1, 300, 2, 1, 40, true, false, false, false, 64, true},
      {"a prompt after a cache", 1, 7, 100, 2, 2, 64, true},
      {"more queries than keys", 1, 40, 9, 2, 2, 8, true},
      {"no keys", 2, 3, 0, 2, 2, 4},
      {"no queries", 2, 0, 5, 2, 2, 4},
      {"large heads", 1, 66, 66, 1, 1, 256, true},
      {"many keys", 1, 35, 700, 2, 1, 40, true},
      {"window", 2, 200, 200, 4, 4, 16, true, false, false, true, 50},
      {"window of one key", 1, 70, 70, 2, 2, 8, true, false, false, false, 1},
      {"window on both sides", 1, 150, 150, 2, 2, 8, false, true, false, false, 33},
      {"window after a cache", 1, 9, 300, 2, 1, 8, true, false, false, false, 64},
      {"window wider than all", 1, 40, 40, 2, 2, 8, true, false, false, false, 1000},
      {"window before the keys", 1, 90, 20, 1, 1, 8, false, false, false, false, 10},
      {"relative bias", 2, 70, 70, 4, 4, 8, true, false, false, true, 0, true},
      {"relative bias, cross", 3, 21, 100, 4, 2, 8, false, true, true, false, 0, true},
      {"relative bias in a window", 1, 100, 130, 3, 1, 4, true, false, false, false, 17, true},
  };
  for (Sample& s : list) s.fill();
  return list;
}

struct Result {
  Numbers y, lse, dq, dk, dv, drelative = {};
};

template <class Forward, class Backward>
Result run(const Sample& s, Forward forward, Backward backward, bool keys = true) {
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  const size_t queries = size(s.B * s.T * s.NH * s.hs), rows = size(s.B * s.S * s.NKV * s.hs);
  const real nan = std::numeric_limits<real>::quiet_NaN();
  // What is written starts as NaN, what is added into as 1.
  Result r{Numbers(queries, nan), Numbers(size(s.B * s.NH * s.T), nan),
           Numbers(queries, 1),   Numbers(rows, 1),
           Numbers(rows, 1),      Numbers(s.relative_bias.size(), 1)};
  forward(s.a, s.q, s.k, s.v, r.y.data(), r.lse.data());
  backward(s.a, s.q, s.k, s.v, r.y.data(), r.lse.data(), s.dy.data(),
           {r.dq.data(), keys ? r.dk.data() : nullptr, keys ? r.dv.data() : nullptr,
            s.relative ? r.drelative.data() : nullptr});
  return r;
}

Result fast(const Sample& s, bool keys = true) {
  return run(s, kernels::attention, kernels::attention_backward, keys);
}

Result reference(const Sample& s) {
  return run(s, kernels::reference::attention, kernels::reference::attention_backward);
}

void check_close(const Numbers& x, const Numbers& expected,
                 real tolerance = 500 * std::numeric_limits<real>::epsilon()) {
  REQUIRE(x.size() == expected.size());
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const bool close = std::abs(x[i] - expected[i]) <= tolerance * (1 + std::abs(expected[i]));
    if (!close && x[i] != expected[i]) ++wrong;  // the second term: both -inf
  }
  CHECK(wrong == 0);
}

class ThreadCount {
 public:
  explicit ThreadCount(int threads) { set_num_threads(threads); }
  ~ThreadCount() { set_num_threads(previous_); }

 private:
  int previous_ = num_threads();
};

}  // namespace

TEST_CASE("attention and its gradients agree with the plain loops") {
  for (const Sample& s : samples()) {
    CAPTURE(s.name);
    const Result result = fast(s), expected = reference(s);
    check_close(result.y, expected.y);
    check_close(result.lse, expected.lse);
    check_close(result.dq, expected.dq);
    check_close(result.dk, expected.dk);
    check_close(result.dv, expected.dv);
    REQUIRE(result.drelative.size() ==
            static_cast<size_t>(s.relative ? s.NH * s.a.distances() : 0));
    check_close(result.drelative, expected.drelative);
  }
}

TEST_CASE(
    "attention gives the same bits for any number of threads, and leaves their number alone") {
  for (const Sample& s : samples()) {
    CAPTURE(s.name);
    const ThreadCount one(1);
    const Result expected = fast(s);
    for (const int threads : {2, 3, 4}) {
      const ThreadCount some(threads);
      const Result result = fast(s);
      CHECK(result.y == expected.y);
      CHECK(result.lse == expected.lse);
      CHECK(result.dq == expected.dq);
      CHECK(result.dk == expected.dk);
      CHECK(result.dv == expected.dv);
      CHECK(result.drelative == expected.drelative);
      CHECK(num_threads() == threads);
    }
  }
}

#ifndef GRADUS_DOUBLE
TEST_CASE("attention of rounded operands agrees with the plain loops, on every instruction set") {
  std::vector<Precision> rounding{Precision::bf16_emulated};
  if (why_no_bf16().empty()) rounding.push_back(Precision::bf16);
  for (Sample& s : samples()) {
    CAPTURE(s.name);
    for (const Precision precision : rounding) {
      CAPTURE(name_of(precision));
      s.a.precision = precision;
      const Result expected = reference(s);
      const auto check_rounded = [&] {
        const Result result = fast(s);
        const real tolerance = real(0.008);
        check_close(result.y, expected.y, tolerance);
        check_close(result.lse, expected.lse, tolerance);
        check_close(result.dq, expected.dq, tolerance);
        check_close(result.dk, expected.dk, tolerance);
        check_close(result.dv, expected.dv, tolerance);
        check_close(result.drelative, expected.drelative, tolerance);
        check_close(fast(s, false).dq, result.dq, 0);
        const ThreadCount three(3);
        CHECK(fast(s).dk == result.dk);
        CHECK(fast(s).y == result.y);
      };
      if (precision == Precision::bf16) {
        check_rounded();
      } else {
        testing::for_each_target(check_rounded);
      }
    }
  }
}

TEST_CASE("attention of rounded operands adds up exactly what bfloat16 can hold") {
  // q = 0: every key has the probability 1/4, the values' mean is exact, and so are dv and dq.
  for (const Precision precision : {Precision::bf16_emulated, Precision::bf16}) {
    if (precision == Precision::bf16 && !why_no_bf16().empty()) continue;
    const kernels::HeadStrides one_head{12, 3, 3};
    const Attention a{.B = 1,
                      .T = 2,
                      .S = 4,
                      .NH = 1,
                      .NKV = 1,
                      .hs = 3,
                      .scale = 1,
                      .causal = false,
                      .key_mask = nullptr,
                      .bias = nullptr,
                      .bias_batch = 0,
                      .bias_head = 0,
                      .q_strides = {6, 3, 3},
                      .k_strides = one_head,
                      .v_strides = one_head,
                      .precision = precision};
    const Numbers q(6), k{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1};
    const Numbers v{1, 2, 3, 5, 6, 7, 9, 10, 11, 1, 2, 3}, dy{1, 0, 0, 0, 0, 2};
    Numbers y(6), lse(2), dq(6), dk(12), dv(12);
    kernels::attention(a, q.data(), k.data(), v.data(), y.data(), lse.data());
    CHECK(y == Numbers{4, 5, 6, 4, 5, 6});
    kernels::attention_backward(a, q.data(), k.data(), v.data(), y.data(), lse.data(), dy.data(),
                                {dq.data(), dk.data(), dv.data()});
    CHECK(dv == Numbers{.25, 0, .5, .25, 0, .5, .25, 0, .5, .25, 0, .5});
    // ds[j] = (dy · v[j] - dy · y) / 4 = -3/4, 1/4, 5/4, -3/4 for the first query
    CHECK(dq == Numbers{-1.5, -.5, .5, -3, -1, 1});
    CHECK(dk == Numbers(12));
  }
}
#endif

TEST_CASE("attention: gradients that are not wanted are left out, the others do not change") {
  for (const Sample& s : samples()) {
    CAPTURE(s.name);
    const Result expected = reference(s), only_dq = fast(s, false);
    check_close(only_dq.dq, expected.dq);
    CHECK(only_dq.dk == Numbers(only_dq.dk.size(), 1));
    Numbers dk(expected.dk.size(), 1), dv = dk;
    kernels::attention_backward(s.a, s.q, s.k, s.v, expected.y.data(), expected.lse.data(),
                                s.dy.data(), {nullptr, dk.data(), nullptr});
    kernels::attention_backward(s.a, s.q, s.k, s.v, expected.y.data(), expected.lse.data(),
                                s.dy.data(), {nullptr, nullptr, dv.data()});
    check_close(dk, expected.dk);
    check_close(dv, expected.dv);
  }
}

TEST_CASE("attention: a query that sees no key gives y = 0, lse = -inf and no gradient") {
  Sample s{"hidden", 2, 40, 40, 2, 2, 8, true, true};
  s.fill();
  const Result result = fast(s);
  const size_t half = result.y.size() / 2;  // the first batch row hides every key
  for (size_t i = 0; i < half; ++i) {
    REQUIRE(result.y[i] == 0);
    REQUIRE(result.dq[i] == 1);
    REQUIRE(result.dk[i] == 1);
    REQUIRE(result.dv[i] == 1);
  }
  for (size_t i = 0; i < result.lse.size() / 2; ++i) REQUIRE(result.lse[i] == -infinity);
}

TEST_CASE("attention: no bit of the past depends on a key or value of the future") {
  const int64_t T = 75, NH = 2, hs = 8, row = NH * hs;
  Sample s{"leak probe", 1, T, T, NH, NH, hs, true};
  s.fill();
  const Result before = fast(s);
  for (const int64_t t : {1, 31, 32, 33, 64, 74}) {
    CAPTURE(t);
    Sample changed = s;
    changed.k = changed.k_memory.data();
    changed.v = changed.v_memory.data();
    for (int64_t i = t * row; i < T * row; ++i) {
      changed.k_memory[static_cast<size_t>(i)] += 1000;
      changed.v_memory[static_cast<size_t>(i)] *= -3;
    }
    const Result after = fast(changed);
    const auto past = static_cast<std::ptrdiff_t>(t * row);
    CHECK(std::equal(before.y.begin(), before.y.begin() + past, after.y.begin()));
    CHECK(before.y[static_cast<size_t>(past)] != after.y[static_cast<size_t>(past)]);
    CHECK(std::equal(before.dq.begin(), before.dq.begin() + past, after.dq.begin()));
    for (int64_t h = 0; h < NH; ++h) {
      const auto head = static_cast<std::ptrdiff_t>(h * T);
      CHECK(std::equal(before.lse.begin() + head, before.lse.begin() + head + t,
                       after.lse.begin() + head));
    }
  }
}

TEST_CASE("attention: a NaN in a query reaches its output") {
  Sample s{"a NaN", 1, 20, 20, 1, 1, 8, true};
  s.fill();
  s.q_memory[5 * 8] = std::numeric_limits<real>::quiet_NaN();
  const Result result = fast(s);
  CHECK(std::isnan(result.y[5 * 8]));
  CHECK_FALSE(std::isnan(result.y[4 * 8]));
}

TEST_CASE("attention: scores far beyond the range of exp give the value of the largest") {
  Sample s{"large scores", 1, 1, 3, 1, 1, 1};
  s.fill();
  s.q_memory = {1};
  s.k_memory = {-5000, 5000, 4000};
  s.v_memory = {7, 8, 9};
  Numbers y(1), lse(1);
  kernels::attention(s.a, s.q_memory.data(), s.k_memory.data(), s.v_memory.data(), y.data(),
                     lse.data());
  CHECK(y[0] == 8);
  CHECK(lse[0] == 5000);
}

#ifndef GRADUS_DOUBLE
TEST_CASE("attention: a probability is precise while it is a normal number, then exactly 0") {
  for (const int64_t T : {1, 2}) {  // a query alone is another kernel's
    for (const float score : {-87.f, -88.f, -100.f}) {
      const float expected = score == -87 ? std::exp(score) : 0;
      Sample s{"small probability", 1, T, 2, 1, 1, 1};
      s.fill();
      s.q_memory.assign(static_cast<size_t>(T), 1);
      s.k_memory = {0, score};
      s.v_memory = {0, 1};
      Numbers y(static_cast<size_t>(T)), lse(static_cast<size_t>(T));
      kernels::attention(s.a, s.q_memory.data(), s.k_memory.data(), s.v_memory.data(), y.data(),
                         lse.data());
      CAPTURE(score);
      CHECK(std::abs(y.back() - expected) <= 1e-6f * expected);
    }
  }
}
#endif

#ifdef GRADUS_DOUBLE
TEST_CASE("attention: the plain loops' gradients are those of finite differences") {
  Sample s{"gradient", 2, 5, 7, 4, 2, 3, true, false, true, false, 4, true};
  s.fill();
  const Result result = reference(s);
  const auto loss = [&] {  // sum of dy * y
    Numbers y(s.dy.size()), lse(static_cast<size_t>(s.B * s.NH * s.T));
    kernels::reference::attention(s.a, s.q, s.k, s.v, y.data(), lse.data());
    real sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += s.dy[i] * y[i];
    return sum;
  };
  const auto check_gradient = [&](Numbers& x, const Numbers& dx) {
    const real step = 1e-5;
    for (size_t i = 0; i < x.size(); ++i) {
      const real value = x[i];
      x[i] = value + step;
      const real above = loss();
      x[i] = value - step;
      const real below = loss();
      x[i] = value;
      CHECK((above - below) / (2 * step) == doctest::Approx(dx[i] - 1).epsilon(1e-6));
    }
  };
  check_gradient(s.q_memory, result.dq);
  check_gradient(s.k_memory, result.dk);
  check_gradient(s.v_memory, result.dv);
  check_gradient(s.relative_bias, result.drelative);
}
#endif
