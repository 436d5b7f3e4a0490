#include "nn/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/allocator.h"
#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus {
namespace {

struct Candidate {
  int32_t id;
  real weight;  // e^((logit - largest) / temperature): 1 for the most likely token
};
using Candidates = std::vector<Candidate, CachingAllocator<Candidate>>;
using Logits = std::vector<real, CachingAllocator<real>>;

// Of equals the first id comes first.
bool more_likely(const Candidate& a, const Candidate& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}
bool less_likely(const Candidate& a, const Candidate& b) { return more_likely(b, a); }

double total_weight(const Candidates& candidates) {
  return std::accumulate(
      candidates.begin(), candidates.end(), 0.0,
      [](double sum, const Candidate& c) { return sum + static_cast<double>(c.weight); });
}

Candidates candidates_of(std::span<const real> logits, real largest, real temperature) {
  Candidates candidates(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    candidates[i] = {static_cast<int32_t>(i), std::exp((logits[i] - largest) / temperature)};
  }
  return candidates;
}

// The k most likely, in order.
void keep_top_k(Candidates& candidates, size_t k) {
  if (k == 0 || k >= candidates.size()) return;
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(k);
  std::partial_sort(candidates.begin(), end, candidates.end(), more_likely);
  candidates.erase(end, candidates.end());
}

// The most likely that together reach p. A heap gives them one by one: few of 50,000 are needed.
void keep_top_p(Candidates& candidates, real p) {
  if (p >= 1) return;
  const double wanted = static_cast<double>(p) * total_weight(candidates);
  double covered = 0;
  std::make_heap(candidates.begin(), candidates.end(), less_likely);
  auto kept = candidates.end();  // [kept, end) have left the heap
  while (kept != candidates.begin() && covered < wanted) {
    std::pop_heap(candidates.begin(), kept, less_likely);
    covered += static_cast<double>((--kept)->weight);
  }
  candidates.erase(candidates.begin(), kept);
}

void keep_min_p(Candidates& candidates, real p) {
  if (p > 0) std::erase_if(candidates, [p](const Candidate& c) { return c.weight < p; });
}

// Uniform in [0, 1) with 53 bits.
double uniform(Draw draw) {
  const auto words = kernels::random_block(draw, 0);
  const uint64_t bits = (uint64_t{words[0]} << 32 | words[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

// A token is penalized once, however often it stands in the text.
Logits penalized(std::span<const real> logits, std::span<const int32_t> text, real penalty) {
  Logits result(logits.begin(), logits.end());
  for (const int32_t id : text) {
    check_value(id >= 0 && static_cast<size_t>(id) < logits.size(),
                "sample: id {} of the text has no logit", id);
    const real x = logits[static_cast<size_t>(id)];
    result[static_cast<size_t>(id)] = x > 0 ? x / penalty : x * penalty;
  }
  return result;
}

// Of finite logits.
std::span<const real>::iterator largest_of(std::span<const real> logits) {
  check_value(!logits.empty(), "sample: no logits");
  const auto largest = std::max_element(logits.begin(), logits.end());
  const bool finite = std::isfinite(*largest) && std::none_of(logits.begin(), logits.end(),
                                                              [](real x) { return std::isnan(x); });
  check_value(finite, "sample: the logits are not finite");
  return largest;
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
  const auto largest = largest_of(logits);
  if (options.temperature == 0) return static_cast<int32_t>(largest - logits.begin());

  Candidates candidates = candidates_of(logits, *largest, options.temperature);
  keep_top_k(candidates, static_cast<size_t>(options.top_k));
  keep_top_p(candidates, options.top_p);
  keep_min_p(candidates, options.min_p);
  double rest = uniform(draw) * total_weight(candidates);
  for (const Candidate& c : candidates) {
    rest -= static_cast<double>(c.weight);
    if (rest < 0) return c.id;
  }
  return std::ranges::max_element(candidates, less_likely)->id;  // what rounding leaves over
}

std::vector<TokenProbability> probabilities(std::span<const real> logits, int32_t id,
                                            size_t count) {
  check_value(0 <= id && static_cast<size_t>(id) < logits.size(),
              "probabilities: id {} is outside [0, {})", id, logits.size());
  Candidates candidates = candidates_of(logits, *largest_of(logits), 1);
  const double total = total_weight(candidates);
  const auto probability = [total](const Candidate& c) {
    return TokenProbability{c.id, static_cast<double>(c.weight) / total};
  };
  std::vector<TokenProbability> result{probability(candidates[static_cast<size_t>(id)])};
  keep_top_k(candidates, count);
  std::ranges::sort(candidates, more_likely);
  for (const Candidate& c : candidates) result.push_back(probability(c));
  return result;
}

}  // namespace gradus
