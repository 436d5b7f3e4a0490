#include "nn/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "autograd/mode.h"
#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus {
namespace {

struct Candidate {
  int32_t id;
  double weight;  // e^((logit - largest) / temperature)
};

double total_weight(const std::vector<Candidate>& candidates) {
  return std::accumulate(candidates.begin(), candidates.end(), 0.0,
                         [](double sum, const Candidate& c) { return sum + c.weight; });
}

// Keeps the most likely candidates: at most top_k, and no more than top_p needs.
void restrict_to_likely(std::vector<Candidate>& candidates, const SamplingOptions& o) {
  const size_t k = o.top_k == 0 ? candidates.size() : static_cast<size_t>(o.top_k);
  if (k >= candidates.size() && o.top_p >= 1) return;
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
  candidates.resize(std::min(k, candidates.size()));
  const double wanted = static_cast<double>(o.top_p) * total_weight(candidates);
  double covered = 0;
  size_t kept = 0;
  while (kept < candidates.size() && covered < wanted) covered += candidates[kept++].weight;
  candidates.resize(std::max<size_t>(kept, 1));
}

// Uniform in [0, 1) with 53 bits.
double uniform(Draw draw) {
  const auto words = kernels::random_block(draw, 0);
  const uint64_t bits = (uint64_t{words[0]} << 32 | words[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

}  // namespace

void SamplingOptions::check() const {
  check_value(std::isfinite(temperature) && temperature >= 0,
              "sample: temperature {} must be finite and not negative", temperature);
  check_value(top_k >= 0, "sample: top_k {} must not be negative", top_k);
  check_value(top_p > 0 && top_p <= 1, "sample: top_p {} must be in (0, 1]", top_p);
}

int32_t sample(std::span<const real> logits, const SamplingOptions& options, Draw draw) {
  options.check();
  check_value(!logits.empty(), "sample: no logits");
  const auto largest = std::max_element(logits.begin(), logits.end());
  const bool finite = std::isfinite(*largest) && std::none_of(logits.begin(), logits.end(),
                                                              [](real x) { return std::isnan(x); });
  check_value(finite, "sample: the logits are not finite");
  if (options.temperature == 0) return static_cast<int32_t>(largest - logits.begin());

  std::vector<Candidate> candidates;
  candidates.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    const double scaled =
        static_cast<double>(logits[i] - *largest) / static_cast<double>(options.temperature);
    candidates.push_back({static_cast<int32_t>(i), std::exp(scaled)});
  }
  restrict_to_likely(candidates, options);
  double rest = uniform(draw) * total_weight(candidates);
  for (const Candidate& c : candidates) {
    rest -= c.weight;
    if (rest < 0) return c.id;
  }
  return candidates.back().id;
}

std::vector<int32_t> generate(const GPT& model, std::span<const int32_t> prompt,
                              const GenerateOptions& options) {
  check_value(!prompt.empty(), "generate: the prompt is empty");
  check_value(options.max_new_tokens >= 0, "generate: max_new_tokens {} must not be negative",
              options.max_new_tokens);
  const EvalMode evaluation;
  const int64_t block = model.config.block_size, V = model.config.vocab_size;
  Generator generator{options.seed, 0};
  std::vector<int32_t> ids(prompt.begin(), prompt.end());
  std::optional<KVCache> cache;
  for (int64_t made = 0; made < options.max_new_tokens; ++made) {
    const int64_t length = static_cast<int64_t>(ids.size());
    const bool fits = options.use_cache && length <= block;
    if (fits && !cache) cache.emplace(model.config.n_layer, block);
    const int64_t seen = fits ? cache->length() : std::max<int64_t>(0, length - block);
    const std::span<const int32_t> fresh = std::span(ids).subspan(static_cast<size_t>(seen));
    const int64_t T = length - seen;
    const Tensor hidden = model.hidden(Tokens({1, T}, fresh), fits ? &*cache : nullptr);
    const Tensor logits = model.lm_head(hidden.narrow(1, T - 1, 1));  // (1, 1, V)
    const std::span<const real> row(logits.data(), static_cast<size_t>(V));
    const int32_t id = sample(row, options.sampling, generator.next());
    if (id == options.stop_token) break;
    ids.push_back(id);
    if (options.on_token && !options.on_token(ids.back())) break;
  }
  return {ids.begin() + static_cast<std::ptrdiff_t>(prompt.size()), ids.end()};
}

}  // namespace gradus
