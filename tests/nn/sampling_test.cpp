// Which tokens may come, and how often each comes.

#include "nn/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

const std::vector<real> five_logits{real(0.5), real(2), real(-1), real(1.5), real(0)};

std::vector<int64_t> counts_of(const SamplingOptions& options, int64_t draws) {
  std::vector<int64_t> counts(five_logits.size());
  for (int64_t i = 0; i < draws; ++i) {
    ++counts[static_cast<size_t>(sample(five_logits, options, {17, static_cast<uint64_t>(i)}))];
  }
  return counts;
}

std::set<int> support_of(const SamplingOptions& options) {
  std::set<int> ids;
  const std::vector<int64_t> counts = counts_of(options, 2000);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) ids.insert(static_cast<int>(i));
  }
  return ids;
}

// softmax(logits / temperature) over `kept`.
std::vector<double> probabilities(double temperature, const std::set<int>& kept) {
  std::vector<double> p(five_logits.size());
  double total = 0;
  for (const int i : kept) {
    total += p[static_cast<size_t>(i)] =
        std::exp(static_cast<double>(five_logits[static_cast<size_t>(i)]) / temperature);
  }
  for (double& x : p) x /= total;
  return p;
}

double chi_square(const std::vector<int64_t>& counts, const std::vector<double>& p, int64_t draws) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double expected = p[i] * static_cast<double>(draws);
    const double off = static_cast<double>(counts[i]) - expected;
    if (expected > 0) sum += off * off / expected;
  }
  return sum;
}

std::string sampling_error(const SamplingOptions& options) {
  return message_of<ValueError>([&] { sample(five_logits, options, {}); });
}

}  // namespace

TEST_CASE("sample: temperature 0 and top_k = 1 take the most likely token, the first of equals") {
  CHECK(support_of({.temperature = 0}) == std::set{1});
  CHECK(support_of({.top_k = 1}) == std::set{1});
  CHECK(support_of({.top_p = real(1e-6)}) == std::set{1});
  const std::vector<real> equal{1, 3, 3};
  CHECK(sample(equal, {.temperature = 0}, {}) == 1);
  // e^x of neighbours may be the same number; the logits still differ.
  const std::vector<real> near{std::nextafter(real(0.01), real(0)), real(0.01)};
  for (const real temperature : {real(0), real(1), real(100)}) {
    CHECK(sample(near, {.temperature = temperature, .top_k = 1}, {1, 1}) == 1);
    CHECK(sample(near, {.temperature = temperature, .top_p = real(0.4)}, {1, 1}) == 1);
  }
}

TEST_CASE("sample: every token of a large vocabulary can come, the last one too") {
  constexpr int64_t V = 5000, draws = 200'000;
  const std::vector<real> flat(V, 0);
  std::vector<int64_t> counts(V);
  for (uint64_t i = 0; i < draws; ++i) ++counts[static_cast<size_t>(sample(flat, {}, {5, i}))];
  CHECK(std::ranges::count(counts, 0) == 0);  // of 40 expected for each, e^-40 would be missing
  std::vector<real> ends(V, -std::numeric_limits<real>::infinity());
  ends.front() = ends.back() = 0;
  std::set<int32_t> drawn;
  for (uint64_t i = 0; i < 100; ++i) drawn.insert(sample(ends, {}, {6, i}));
  CHECK(drawn == std::set<int32_t>{0, V - 1});
}

TEST_CASE("sample: top_p keeps as few of the most likely tokens as reach it, top_k so many") {
  constexpr size_t V = 3000;
  const Tensor logits = rand({int64_t{V}}, {8, 0}) * real(8);
  const std::span<const real> x(logits.data(), V);
  std::vector<size_t> order(V);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](size_t a, size_t b) { return x[a] > x[b]; });
  double total = 0;
  for (const real logit : x) total += std::exp(static_cast<double>(logit));
  for (const SamplingOptions& o :
       {SamplingOptions{.top_p = real(0.05)}, {.top_p = real(0.5)}, {.top_k = 37}}) {
    std::set<size_t> wanted, drawn;
    double covered = 0;
    for (const size_t id : order) {
      if (o.top_k > 0 ? wanted.size() == 37 : covered >= static_cast<double>(o.top_p) * total)
        break;
      wanted.insert(id);
      covered += std::exp(static_cast<double>(x[id]));
    }
    for (uint64_t i = 0; i < 20'000; ++i) drawn.insert(static_cast<size_t>(sample(x, o, {9, i})));
    CHECK(drawn == wanted);
  }
}

TEST_CASE("sample: follows softmax(logits / temperature), by chi-square") {
  // 99.9 % of samples from the right distribution stay below 18.47 (four degrees of freedom).
  constexpr int64_t draws = 20000;
  for (const double temperature : {1.0, 0.5, 3.0}) {
    CAPTURE(temperature);
    const auto counts = counts_of({.temperature = static_cast<real>(temperature)}, draws);
    CHECK(chi_square(counts, probabilities(temperature, {0, 1, 2, 3, 4}), draws) < 18.47);
  }
}

TEST_CASE("sample: top_k keeps the k most likely in their proportions") {
  CHECK(support_of({.top_k = 2}) == std::set{1, 3});
  CHECK(support_of({.top_k = 100}) == std::set{0, 1, 2, 3, 4});
  constexpr int64_t draws = 20000;  // two degrees of freedom: 13.82
  CHECK(chi_square(counts_of({.top_k = 3}, draws), probabilities(1, {0, 1, 3}), draws) < 13.82);
}

TEST_CASE("sample: top_p keeps the smallest set of likely tokens that reaches p") {
  // Probabilities 0.489, 0.297, 0.109, 0.066, 0.024, most likely first (ids 1, 3, 0, 4, 2).
  const std::vector<double> p = probabilities(1, {0, 1, 2, 3, 4});
  CHECK(support_of({.top_p = static_cast<real>(p[1] - 0.01)}) == std::set{1});
  CHECK(support_of({.top_p = static_cast<real>(p[1] + 0.01)}) == std::set{1, 3});
  CHECK(support_of({.top_p = static_cast<real>(p[1] + p[3] + p[0] - 0.01)}) == std::set{0, 1, 3});
  // Of the two that top_k leaves, the first has 0.489 / (0.489 + 0.297) = 0.62.
  CHECK(support_of({.top_k = 2, .top_p = real(0.6)}) == std::set{1});
  CHECK(support_of({.top_k = 2, .top_p = real(0.65)}) == std::set{1, 3});
}

TEST_CASE("sample: minus infinity forbids a token; logits without a finite maximum are refused") {
  const real infinity = std::numeric_limits<real>::infinity();
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const std::vector<real> masked{-infinity, 1, -infinity};
  for (uint64_t i = 0; i < 100; ++i) CHECK(sample(masked, {}, {1, i}) == 1);
  for (const std::vector<real>& bad : {std::vector<real>{1, nan}, {1, infinity}, {-infinity}}) {
    CHECK(message_of<ValueError>([&] { sample(bad, {}, {}); }) ==
          "sample: the logits are not finite");
  }
  CHECK(message_of<ValueError>([&] { sample({}, {}, {}); }) == "sample: no logits");
}

TEST_CASE("sample: options outside their range are named") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  CHECK(sampling_error({.temperature = -1}) ==
        "sample: temperature -1 must be finite and not negative");
  CHECK(sampling_error({.temperature = nan}) ==
        "sample: temperature nan must be finite and not negative");
  CHECK(sampling_error({.top_k = -1}) == "sample: top_k -1 must not be negative");
  CHECK(sampling_error({.top_p = 0}) == "sample: top_p 0 must be in (0, 1]");
  CHECK(sampling_error({.top_p = real(1.5)}) == "sample: top_p 1.5 must be in (0, 1]");
  CHECK(sampling_error({.min_p = real(-0.5)}) == "sample: min_p -0.5 must be in [0, 1]");
  CHECK(sampling_error({.min_p = 2}) == "sample: min_p 2 must be in [0, 1]");
  CHECK(sampling_error({.repetition_penalty = 0}) ==
        "sample: repetition_penalty 0 must be finite and positive");
  CHECK(sampling_error({.repetition_penalty = nan}) ==
        "sample: repetition_penalty nan must be finite and positive");
}

TEST_CASE("sample: min_p keeps tokens by their probability relative to the most likely one") {
  // Relative to token 1: e^-1.5 = 0.223, 1, e^-3 = 0.0498, e^-0.5 = 0.607, e^-2 = 0.135.
  CHECK(support_of({.min_p = real(0.61)}) == std::set{1});
  CHECK(support_of({.min_p = real(0.60)}) == std::set{1, 3});
  CHECK(support_of({.min_p = real(0.2)}) == std::set{0, 1, 3});
  CHECK(support_of({.min_p = real(0.1)}) == std::set{0, 1, 3, 4});
  CHECK(support_of({.min_p = 0}) == std::set{0, 1, 2, 3, 4});
  CHECK(support_of({.min_p = 1}) == std::set{1});
  // At temperature 2 the exponents halve: e^-0.75 = 0.472, e^-1.5 = 0.223.
  CHECK(support_of({.temperature = 2, .min_p = real(0.4)}) == std::set{0, 1, 3});
  CHECK(support_of({.temperature = 2, .min_p = real(0.5)}) == std::set{1, 3});
  CHECK(support_of({.top_k = 2, .min_p = real(0.1)}) == std::set{1, 3});
  constexpr int64_t draws = 20000;  // two degrees of freedom: 13.82
  CHECK(chi_square(counts_of({.min_p = real(0.2)}, draws), probabilities(1, {0, 1, 3}), draws) <
        13.82);
}

TEST_CASE("sample: top_p reaches its share among all tokens, min_p then removes the unlikely") {
  // 0.489 + 0.297 + 0.109 reach 0.85; of them only token 3 is at least half as likely as token 1.
  CHECK(support_of({.top_p = real(0.85)}) == std::set{0, 1, 3});
  CHECK(support_of({.top_p = real(0.85), .min_p = real(0.5)}) == std::set{1, 3});
}

TEST_CASE("sample: the repetition penalty divides positive logits and multiplies negative ones") {
  // Tokens 1 and 2 in the text, penalty 2: logits become 0.5, 1, -2, 1.5, 0.
  const SamplingOptions greedy{.repetition_penalty = 2, .temperature = 0};
  CHECK(sample(five_logits, greedy, {}, {}) == 1);
  CHECK(sample(five_logits, greedy, {}, std::vector<int32_t>{1, 2}) == 3);
  CHECK(sample(five_logits, {.temperature = 0}, {}, std::vector<int32_t>{1, 2}) == 1);
  // Twice in the text is no more than once: 2 / 1.25 = 1.6 is still the largest.
  const SamplingOptions mild{.repetition_penalty = real(1.25), .temperature = 0};
  CHECK(sample(five_logits, mild, {}, std::vector<int32_t>{1, 1, 1}) == 1);
  // It acts before the temperature: e^(1.5 / 2), e^(1 / 2), e^(0.5 / 2), e^0, e^(-2 / 2).
  const std::vector<double> expected{std::exp(0.25), std::exp(0.5), std::exp(-1), std::exp(0.75),
                                     1};
  double total = 0;
  for (const double e : expected) total += e;
  std::vector<double> p;
  for (const double e : expected) p.push_back(e / total);
  constexpr uint64_t draws = 20000;  // four degrees of freedom: 18.47
  std::vector<int64_t> counts(5);
  for (uint64_t i = 0; i < draws; ++i) {
    const SamplingOptions o{.repetition_penalty = 2, .temperature = 2};
    ++counts[static_cast<size_t>(sample(five_logits, o, {3, i}, std::vector<int32_t>{2, 1}))];
  }
  CHECK(chi_square(counts, p, draws) < 18.47);
  CHECK(message_of<ValueError>([&] { sample(five_logits, greedy, {}, std::vector<int32_t>{5}); }) ==
        "sample: id 5 of the text has no logit");
}

TEST_CASE("probabilities: of a token and of the most likely ones, whatever the options") {
  const std::vector<double> p = probabilities(1, {0, 1, 2, 3, 4});
  const std::vector<TokenProbability> shown = gradus::probabilities(five_logits, 2, 3);
  REQUIRE(shown.size() == 4);
  const std::vector<int32_t> ids{2, 1, 3, 0};
  for (size_t i = 0; i < shown.size(); ++i) {
    CHECK(shown[i].id == ids[i]);
    CHECK(shown[i].probability == doctest::Approx(p[static_cast<size_t>(ids[i])]).epsilon(1e-6));
  }
  CHECK(gradus::probabilities(five_logits, 0, 100).size() == 6);
}
