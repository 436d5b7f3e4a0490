#include "nn/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/allocator.h"
#include "tensor/errors.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/random.h"
#include "tensor/kernels/reduce.h"

namespace gradus {
namespace {

using Numbers = std::vector<real, CachingAllocator<real>>;  // one for each token

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

constexpr size_t block_size = 1024;

// The sums of blocks of weights.
Numbers block_sums(const Numbers& weight) {
  Numbers sums;
  for (size_t begin = 0; begin < weight.size(); begin += block_size) {
    const size_t n = std::min(block_size, weight.size() - begin);
    kernels::sum(1, static_cast<int64_t>(n), 1, weight.data() + begin, &sums.emplace_back());
  }
  return sums;
}

double total_of(const Numbers& sums) { return std::accumulate(sums.begin(), sums.end(), 0.0); }

// Where `rest` falls when the weights lie one behind the other; afterwards it counts from there.
// What rounding leaves over falls on the last one that has a weight.
size_t place_of(double& rest, std::span<const real> weight) {
  size_t place = 0;
  for (size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] == 0) continue;
    place = i;
    if (rest < static_cast<double>(weight[i])) break;
    rest -= static_cast<double>(weight[i]);
  }
  return place;
}

// The token at u in [0, 1) of all weight: first its block, then itself.
int32_t token_at(double u, const Numbers& weight) {
  const Numbers sums = block_sums(weight);
  double rest = u * total_of(sums);
  const size_t begin = place_of(rest, sums) * block_size;
  const size_t n = std::min(block_size, weight.size() - begin);
  return static_cast<int32_t>(begin + place_of(rest, {weight.data() + begin, n}));
}

struct Candidate {
  real logit;
  int32_t id;
};
using Candidates = std::vector<Candidate, CachingAllocator<Candidate>>;

// Of equals the first id comes first.
bool more_likely(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// The tokens that may come.
Candidates candidates_of(std::span<const real> logits, const Numbers& weight) {
  Candidates candidates;
  candidates.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    if (weight[i] > 0) candidates.push_back({logits[i], static_cast<int32_t>(i)});
  }
  return candidates;
}

// Tokens that a filter drops have no weight.
void drop(Numbers& weight, std::span<const Candidate> candidates) {
  for (const Candidate& c : candidates) weight[static_cast<size_t>(c.id)] = 0;
}

// The k most likely.
void keep_top_k(std::span<const real> logits, Numbers& weight, size_t k) {
  if (k == 0) return;
  Candidates candidates = candidates_of(logits, weight);
  if (k >= candidates.size()) return;
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(k);
  std::ranges::partial_sort(candidates, end, more_likely);  // its heap is fast where k is small
  drop(weight, {end, candidates.end()});
}

// Those that are at least p times as likely as the most likely one.
void keep_min_p(Numbers& weight, real p) {
  if (p == 0) return;
  std::ranges::replace_if(
      weight, [p](real w) { return w < p; }, real(0));
}

// The most likely that together reach p. Those that are already known to belong to them stand
// before `begin`, those that do not from `end` on; half of what is between is decided at a time.
void keep_top_p(std::span<const real> logits, Numbers& weight, real p) {
  if (p >= 1) return;
  const double total = total_of(block_sums(weight));
  // All that are lighter weigh less than 1 - p together: they are not needed.
  const double light = static_cast<double>(1 - p) * total / static_cast<double>(weight.size());
  keep_min_p(weight, static_cast<real>(light));
  Candidates candidates = candidates_of(logits, weight);
  const auto weight_of = [&](double sum, const Candidate& c) {
    return sum + static_cast<double>(weight[static_cast<size_t>(c.id)]);
  };
  double wanted = static_cast<double>(p) * total;
  auto begin = candidates.begin(), end = candidates.end();
  while (end - begin > 1) {
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, more_likely);
    const double upper = std::accumulate(begin, middle, 0.0, weight_of);
    if (upper >= wanted) {
      end = middle;
    } else {
      wanted -= upper;
      begin = middle;
    }
  }
  drop(weight, {end, candidates.end()});
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
  keep_top_k(logits, weight, static_cast<size_t>(options.top_k));
  keep_top_p(logits, weight, options.top_p);
  keep_min_p(weight, options.min_p);
  return token_at(uniform(draw), weight);
}

std::vector<TokenProbability> probabilities(std::span<const real> logits, int32_t id,
                                            size_t count) {
  check_value(0 <= id && static_cast<size_t>(id) < logits.size(),
              "probabilities: id {} is outside [0, {})", id, logits.size());
  const Numbers weight = weights_of(logits, largest_of(logits).logit, 1);
  const double total = total_of(block_sums(weight));
  const auto probability = [&](int32_t of) {
    return TokenProbability{of, static_cast<double>(weight[static_cast<size_t>(of)]) / total};
  };
  Candidates candidates;
  for (const real logit : logits) {
    candidates.push_back({logit, static_cast<int32_t>(candidates.size())});
  }
  count = std::min(count, candidates.size());
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::partial_sort(candidates, end, more_likely);
  candidates.erase(end, candidates.end());
  std::vector<TokenProbability> result{probability(id)};
  for (const Candidate& c : candidates) result.push_back(probability(c.id));
  return result;
}

}  // namespace gradus
