// Sampling: which tokens may come, how often each comes, and that nothing but the seed decides.

#include "nn/generate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

GPT generator(Placement placement = Placement::pre) {
  manual_seed(5);
  GPT model({.block_size = 8,
             .vocab_size = 11,
             .n_layer = 2,
             .n_head = 2,
             .n_embd = 16,
             .placement = placement});
  uint64_t counter = 0;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {11, counter++}) * real(0.4));
  }
  return model;
}

const std::vector<real> logits{real(0.5), real(2), real(-1), real(1.5), real(0)};

std::vector<int64_t> counts_of(const SamplingOptions& options, int64_t draws) {
  std::vector<int64_t> counts(logits.size());
  for (int64_t i = 0; i < draws; ++i) {
    ++counts[static_cast<size_t>(sample(logits, options, {17, static_cast<uint64_t>(i)}))];
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
  std::vector<double> p(logits.size());
  double total = 0;
  for (const int i : kept) {
    total += p[static_cast<size_t>(i)] =
        std::exp(static_cast<double>(logits[static_cast<size_t>(i)]) / temperature);
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
  return message_of<ValueError>([&] { sample(logits, options, {}); });
}

using Sequence = std::vector<int32_t>;

}  // namespace

TEST_CASE("sample: temperature 0 and top_k = 1 take the most likely token, the first of equals") {
  CHECK(support_of({.temperature = 0}) == std::set{1});
  CHECK(support_of({.top_k = 1}) == std::set{1});
  CHECK(support_of({.top_p = real(1e-6)}) == std::set{1});
  const std::vector<real> equal{1, 3, 3};
  CHECK(sample(equal, {.temperature = 0}, {}) == 1);
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
}

TEST_CASE("generate: greedy is the argmax of the logits, token by token") {
  const GPT model = generator();
  Sequence text{3, 1};
  for (int i = 0; i < 5; ++i) {
    const EvalMode evaluation;
    const int64_t T = static_cast<int64_t>(text.size());
    text.push_back(argmax(model(Tokens({1, T}, text)).select(1, T - 1), -1).ids[0]);
  }
  const Sequence expected(text.begin() + 2, text.end());
  const Sequence prompt{3, 1};
  CHECK(generate(model, prompt, {.max_new_tokens = 5, .sampling = {.temperature = 0}}) == expected);
  CHECK(generate(model, prompt, {.max_new_tokens = 5, .sampling = {.top_k = 1}}) == expected);
}

TEST_CASE("generate: past block_size the model sees the last block_size tokens") {
  const GPT model = generator();
  Sequence text{3, 1, 4};
  for (uint64_t made = 0; made < 40; ++made) {
    const EvalMode evaluation;
    const size_t T = std::min<size_t>(8, text.size());
    const Tokens window({1, static_cast<int64_t>(T)}, std::span(text).last(T));
    const Tensor row = model(window).select(1, static_cast<int64_t>(T) - 1);
    text.push_back(sample(row.to_vector(), {}, {7, made}));
  }
  const Sequence expected(text.begin() + 3, text.end()), prompt{3, 1, 4};
  for (const bool use_cache : {true, false}) {
    const GenerateOptions options{.max_new_tokens = 40, .seed = 7, .use_cache = use_cache};
    CHECK(generate(model, prompt, options) == expected);
  }
}

TEST_CASE("generate: the same tokens with and without the cache, for prompts of any length") {
  for (const Placement placement : {Placement::pre, Placement::post}) {
    const GPT model = generator(placement);
    for (const size_t length : {1u, 5u, 8u, 9u, 20u}) {
      CAPTURE(length);
      const Sequence prompt(length, 7);
      GenerateOptions options{.max_new_tokens = 15, .seed = length};
      const Sequence cached = generate(model, prompt, options);
      options.use_cache = false;
      CHECK(generate(model, prompt, options) == cached);
    }
  }
}

TEST_CASE("generate: the seed decides, and nothing else") {
  const GPT model = generator();
  const Sequence prompt{1};
  const Sequence first = generate(model, prompt, {.max_new_tokens = 30, .seed = 1});
  default_generator().counter += 1000;
  CHECK(generate(model, prompt, {.max_new_tokens = 30, .seed = 1}) == first);
  CHECK(generate(model, prompt, {.max_new_tokens = 30, .seed = 2}) != first);
  const uint64_t counter = default_generator().counter;
  generate(model, prompt, {.max_new_tokens = 3});
  CHECK(default_generator().counter == counter);
}

TEST_CASE("generate: does not drop, even if the model was made with dropout") {
  GPT model = generator();
  const Sequence expected = generate(model, Sequence{1}, {.max_new_tokens = 10});
  for (Block& block : model.h) block.mlp.resid_dropout.p = real(0.9);
  CHECK(generate(model, Sequence{1}, {.max_new_tokens = 10}) == expected);
}

TEST_CASE("generate: on_token sees each new id and may stop") {
  const GPT model = generator();
  Sequence seen;
  GenerateOptions options{.max_new_tokens = 10};
  options.on_token = [&](int32_t id) {
    seen.push_back(id);
    return seen.size() < 4;
  };
  const Sequence made = generate(model, Sequence{1}, options);
  CHECK(made == seen);
  CHECK(made.size() == 4);
}

TEST_CASE("generate: no tokens asked for, none made; what cannot be done is named") {
  const GPT model = generator();
  CHECK(generate(model, Sequence{1}, {.max_new_tokens = 0}).empty());
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{}); }) ==
        "generate: the prompt is empty");
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{1}, {.max_new_tokens = -1}); }) ==
        "generate: max_new_tokens -1 must not be negative");
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{11}); }) != "nothing was thrown");
}

TEST_CASE("generate: the stop token ends the text and is not part of it") {
  const GPT model = generator();
  const std::vector<int32_t> prompt{1, 2, 3};
  const std::vector<int32_t> all = generate(model, prompt, {.max_new_tokens = 12});
  REQUIRE(all.size() == 12);
  const int32_t stop = all[5];
  const auto first = std::find(all.begin(), all.end(), stop);
  const std::vector<int32_t> stopped =
      generate(model, prompt, {.max_new_tokens = 12, .stop_token = stop});
  CHECK(stopped == std::vector<int32_t>(all.begin(), first));
}
