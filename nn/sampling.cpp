#include "nn/sampling.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "tensor/allocator.h"
#include "tensor/errors.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/random.h"
#include "tensor/kernels/reduce.h"

namespace gradus {
namespace {

using Numbers = std::vector<real, CachingAllocator<real>>;  // one for each token
using Ids = std::vector<int32_t, CachingAllocator<int32_t>>;

struct Largest {
  int32_t id;  // the first of equals
  real logit;
};

// Of finite logits.
Largest largest_of(std::span<const real> logits) {
  check_value(!logits.empty(), "sample: no logits");
  Largest largest{};
  kernels::max_along(1, static_cast<int64_t>(logits.size()), 1, logits.data(), &largest.logit,
                     &largest.id);
  check_value(std::isfinite(largest.logit), "sample: the logits are not finite");
  return largest;
}

// e^((logit - largest) / temperature): 1 for the most likely token.
Numbers weights_of(std::span<const real> logits, real largest, real temperature) {
  Numbers weight(logits.size());
  std::ranges::transform(logits, weight.begin(),
                         [=](real logit) { return (logit - largest) / temperature; });
  kernels::exp(static_cast<int64_t>(weight.size()), weight.data(), weight.data());
  return weight;
}

real total_of(const Numbers& weight) {
  real total = 0;
  kernels::sum(1, static_cast<int64_t>(weight.size()), 1, weight.data(), &total);
  return total;
}

// The tokens that may come.
Ids possible(const Numbers& weight) {
  Ids ids;
  ids.reserve(weight.size());
  for (size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) ids.push_back(static_cast<int32_t>(i));
  }
  return ids;
}

// Of equals the first id comes first.
auto more_likely(const Numbers& weight) {
  return [&weight](int32_t a, int32_t b) {
    const real of_a = weight[static_cast<size_t>(a)], of_b = weight[static_cast<size_t>(b)];
    return of_a != of_b ? of_a > of_b : a < b;
  };
}

// Tokens that a filter drops have no weight.
void drop(Numbers& weight, std::span<const int32_t> ids) {
  for (const int32_t id : ids) weight[static_cast<size_t>(id)] = 0;
}

// The k most likely.
void keep_top_k(Numbers& weight, size_t k) {
  if (k == 0 || k >= weight.size()) return;
  Ids ids = possible(weight);
  if (k >= ids.size()) return;
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(k);
  std::ranges::partial_sort(ids, end, more_likely(weight));
  drop(weight, {end, ids.end()});
}

// The most likely that together reach p. A heap gives them one by one: few of 50,000 are needed.
void keep_top_p(Numbers& weight, real p) {
  if (p >= 1) return;
  Ids ids = possible(weight);
  const auto less_likely = [more = more_likely(weight)](int32_t a, int32_t b) {
    return more(b, a);
  };
  const double wanted = static_cast<double>(p) * static_cast<double>(total_of(weight));
  double covered = 0;
  std::ranges::make_heap(ids, less_likely);
  auto kept = ids.end();  // [kept, end) have left the heap
  while (kept != ids.begin() && covered < wanted) {
    std::pop_heap(ids.begin(), kept, less_likely);
    covered += static_cast<double>(weight[static_cast<size_t>(*--kept)]);
  }
  drop(weight, {ids.begin(), kept});
}

// Those that are at least p times as likely as the most likely one.
void keep_min_p(Numbers& weight, real p) {
  if (p == 0) return;
  std::ranges::replace_if(
      weight, [p](real w) { return w < p; }, real(0));
}

// Uniform in [0, 1) with 53 bits.
double uniform(Draw draw) {
  const auto words = kernels::random_block(draw, 0);
  const uint64_t bits = (uint64_t{words[0]} << 32 | words[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

// A token is penalized once, however often it stands in the text.
Numbers penalized(std::span<const real> logits, std::span<const int32_t> text, real penalty) {
  Numbers result(logits.begin(), logits.end());
  for (const int32_t id : text) {
    check_value(id >= 0 && static_cast<size_t>(id) < logits.size(),
                "sample: id {} of the text has no logit", id);
    const real x = logits[static_cast<size_t>(id)];
    result[static_cast<size_t>(id)] = x > 0 ? x / penalty : x * penalty;
  }
  return result;
}

}  // namespace

void SamplingOptions::check() const {
  check_value(std::isfinite(repetition_penalty) && repetition_penalty > 0,
              "sample: repetition_penalty {} must be finite and positive", repetition_penalty);
  check_value(std::isfinite(temperature) && temperature >= 0,
              "sample: temperature {} must be finite and not negative", temperature);
  check_value(top_k >= 0, "sample: top_k {} must not be negative", top_k);
  check_value(top_p > 0 && top_p <= 1, "sample: top_p {} must be in (0, 1]", top_p);
  check_value(min_p >= 0 && min_p <= 1, "sample: min_p {} must be in [0, 1]", min_p);
}

int32_t sample(std::span<const real> logits, const SamplingOptions& options, Draw draw,
               std::span<const int32_t> text) {
  options.check();
  if (options.repetition_penalty != 1 && !text.empty()) {
    SamplingOptions others = options;
    others.repetition_penalty = 1;
    return sample(penalized(logits, text, options.repetition_penalty), others, draw);
  }
  const Largest largest = largest_of(logits);
  if (options.temperature == 0) return largest.id;

  Numbers weight = weights_of(logits, largest.logit, options.temperature);
  keep_top_k(weight, static_cast<size_t>(options.top_k));
  keep_top_p(weight, options.top_p);
  keep_min_p(weight, options.min_p);
  double rest = uniform(draw) * static_cast<double>(total_of(weight));
  for (size_t i = 0; i < weight.size(); ++i) {
    rest -= static_cast<double>(weight[i]);
    if (rest < 0) return static_cast<int32_t>(i);
  }
  return largest.id;  // what rounding leaves over
}

std::vector<TokenProbability> probabilities(std::span<const real> logits, int32_t id,
                                            size_t count) {
  check_value(0 <= id && static_cast<size_t>(id) < logits.size(),
              "probabilities: id {} is outside [0, {})", id, logits.size());
  const Numbers weight = weights_of(logits, largest_of(logits).logit, 1);
  const auto total = static_cast<double>(total_of(weight));
  const auto probability = [&](int32_t of) {
    return TokenProbability{of, static_cast<double>(weight[static_cast<size_t>(of)]) / total};
  };
  Ids ids(weight.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(count, ids.size()));
  std::ranges::partial_sort(ids, end, more_likely(weight));
  std::vector<TokenProbability> result{probability(id)};
  std::transform(ids.begin(), end, std::back_inserter(result), probability);
  return result;
}

}  // namespace gradus
