#include "tensor/random.h"

#include <algorithm>

#include "tensor/kernels/random.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const Tensor& x) {
  Moments m;
  const std::vector<real> values = x.to_vector();
  const double n = static_cast<double>(values.size());
  for (const real v : values) m.mean += static_cast<double>(v) / n;
  for (const real v : values) m.variance += std::pow(static_cast<double>(v) - m.mean, 2) / n;
  return m;
}

constexpr int64_t many = 1 << 20;  // the mean of so many is known to 0.001 standard deviations

}  // namespace

TEST_CASE("uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12") {
  const Tensor x = rand({many}, Draw{3, 0});
  const auto values = x.to_vector();
  CHECK(*std::min_element(values.begin(), values.end()) >= 0);
  CHECK(*std::max_element(values.begin(), values.end()) < 1);
  CHECK(moments(x).mean == doctest::Approx(0.5).epsilon(0.003));
  CHECK(moments(x).variance == doctest::Approx(1.0 / 12).epsilon(0.01));
}

TEST_CASE("normal numbers have mean 0, variance 1, and the tails of the normal distribution") {
  const Tensor x = randn({many}, Draw{3, 1});
  CHECK(std::abs(moments(x).mean) < 0.005);
  CHECK(moments(x).variance == doctest::Approx(1).epsilon(0.01));
  double beyond_two = 0;
  for (const real v : x.to_vector()) beyond_two += std::abs(v) > 2;
  CHECK(beyond_two / many == doctest::Approx(std::erfc(std::sqrt(2.0))).epsilon(0.02));
}

TEST_CASE("one draw makes the same numbers again, another draw or seed makes others") {
  const Tensor x = randn({1000}, Draw{3, 1});
  CHECK(bit_difference(randn({1000}, Draw{3, 1}), x) == "");
  CHECK(bit_difference(randn({1000}, Draw{3, 2}), x) != "");
  CHECK(bit_difference(randn({1000}, Draw{4, 1}), x) != "");
}

TEST_CASE("element i of a draw does not depend on how many are drawn") {
  const Tensor longer = rand({1003}, Draw{3, 1});
  CHECK(bit_difference(rand({17}, Draw{3, 1}), longer.narrow(0, 0, 17)) == "");
}

TEST_CASE("the number of threads does not change what is drawn") {
  const ThreadGuard guard(1);
  const Tensor x = randn({100003}, Draw{3, 1});
  for (const int threads : {2, 3, 4}) {
    set_num_threads(threads);
    CHECK(bit_difference(randn({100003}, Draw{3, 1}), x) == "");
  }
}

TEST_CASE("the default generator counts draws and restarts with its seed") {
  manual_seed(11);
  const Tensor a = rand({10}), b = rand({10});
  CHECK(default_generator().counter == 2);
  CHECK(bit_difference(a, b) != "");
  manual_seed(11);
  CHECK(bit_difference(rand({10}), a) == "");
  CHECK(bit_difference(rand({10}), b) == "");
}

TEST_CASE("a generator goes on from its two numbers") {
  Generator first{9, 0};
  first.next();
  Generator resumed{first.seed, first.counter};
  const Draw expected = first.next(), draw = resumed.next();
  CHECK(draw.seed == expected.seed);
  CHECK(draw.counter == expected.counter);
}

TEST_CASE("a named draw depends on seed and name alone, and never meets a counted one") {
  const Draw draw = draw_for(1, "h.0.attn.c_attn.weight");
  CHECK(draw.counter == draw_for(1, "h.0.attn.c_attn.weight").counter);
  CHECK(draw.counter != draw_for(1, "h.1.attn.c_attn.weight").counter);
  CHECK(draw.counter >= uint64_t{1} << 63);
  CHECK(draw.seed == 1);
}
