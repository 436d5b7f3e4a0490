#include "data/denoising.h"

#include <algorithm>
#include <cmath>

#include "tensor/errors.h"

namespace gradus {
namespace {

// How many of n tokens are taken out; halves are rounded to even, as Python does.
int64_t hidden_count(int64_t n, double share) {
  return static_cast<int64_t>(std::nearbyint(static_cast<double>(n) * share));
}

// `parts` positive lengths that add up to `total`, every such sequence as likely as any other:
// parts - 1 of the total - 1 borders between neighbours are drawn.
std::vector<int64_t> random_composition(int64_t total, int64_t parts, RandomStream& random) {
  std::vector<char> is_border(static_cast<size_t>(total - 1));
  std::fill_n(is_border.begin(), parts - 1, char{1});
  shuffle(is_border, random);
  std::vector<int64_t> lengths{1};
  for (const char border : is_border) {
    if (border != 0) lengths.push_back(0);
    ++lengths.back();
  }
  return lengths;
}

// Knuth, TAOCP volume 2, 3.4.1, algorithm Q: uniform numbers are multiplied until the product is
// below e^-mean.
int64_t poisson(double mean, RandomStream& random) {
  const double limit = std::exp(-mean);
  int64_t count = 0;
  for (double product = random.uniform(); product > limit; product *= random.uniform()) ++count;
  return count;
}

std::vector<int64_t> poisson_lengths(int64_t total, double mean, RandomStream& random) {
  std::vector<int64_t> lengths;
  for (int64_t left = total; left > 0; left -= lengths.back()) {
    lengths.push_back(std::min(poisson(mean, random), left));
  }
  return lengths;
}

void append(std::vector<int32_t>& to, std::span<const int32_t> ids) {
  to.insert(to.end(), ids.begin(), ids.end());
}

}  // namespace

void check_denoising(const DenoisingOptions& o) {
  check_value(o.share > 0 && o.share < 1, "denoising: a share of {} is outside (0, 1)", o.share);
  check_value(o.mean_span >= 1 && o.mean_span <= 100,
              "denoising: a mean of {} tokens in a span is outside [1, 100]", o.mean_span);
}

TokenPair corrupt_spans(std::span<const int32_t> ids, const DenoisingOptions& options,
                        const Seq2SeqTokens& tokens, RandomStream random) {
  const auto n = static_cast<int64_t>(ids.size());
  TokenPair pair;
  size_t spans = 0;
  if (n < 2) {
    append(pair.source, ids);
  } else {
    const int64_t hidden = std::clamp<int64_t>(hidden_count(n, options.share), 1, n - 1);
    const double wanted = std::nearbyint(static_cast<double>(hidden) / options.mean_span);
    spans = static_cast<size_t>(
        std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, std::min(hidden, n - hidden)));
    check_value(spans < tokens.sentinels.size(),
                "span corruption: {} spans need {} sentinels, <extra_id_0> and so on; there are {}",
                spans, spans + 1, tokens.sentinels.size());
    const auto parts = static_cast<int64_t>(spans);
    const std::vector<int64_t> taken = random_composition(hidden, parts, random);
    const std::vector<int64_t> kept = random_composition(n - hidden, parts, random);
    for (size_t s = 0, at = 0; s < spans; ++s) {
      const auto before = static_cast<size_t>(kept[s]), length = static_cast<size_t>(taken[s]);
      append(pair.source, ids.subspan(at, before));
      pair.source.push_back(tokens.sentinels[s]);
      pair.target.push_back(tokens.sentinels[s]);
      append(pair.target, ids.subspan(at + before, length));
      at += before + length;
    }
  }
  check_value(spans < tokens.sentinels.size(), "span corruption: the vocabulary has no sentinel");
  pair.target.push_back(tokens.sentinels[spans]);
  tokens.frame(pair.source);
  tokens.frame(pair.target);
  return pair;
}

TokenPair infill_text(std::span<const int32_t> ids, const DenoisingOptions& options,
                      const Seq2SeqTokens& tokens, RandomStream random) {
  check_value(tokens.mask >= 0, "text infilling: the vocabulary has no <mask>");
  const auto n = static_cast<int64_t>(ids.size());
  const int64_t hidden = std::min(n, std::max<int64_t>(1, hidden_count(n, options.share)));
  std::vector<int64_t> lengths;
  do {
    lengths = poisson_lengths(hidden, options.mean_span, random);
  } while (static_cast<int64_t>(lengths.size()) > hidden);
  constexpr int64_t kept = -1;
  std::vector<int64_t> order(static_cast<size_t>(n - hidden), kept);
  order.insert(order.end(), lengths.begin(), lengths.end());
  shuffle(order, random);
  TokenPair pair;
  size_t at = 0;
  for (const int64_t length : order) {
    pair.source.push_back(length == kept ? ids[at] : tokens.mask);
    at += static_cast<size_t>(length == kept ? 1 : length);
  }
  append(pair.target, ids);
  tokens.frame(pair.source);
  tokens.frame(pair.target);
  return pair;
}

TokenPair denoise(std::span<const int32_t> ids, const DenoisingOptions& options,
                  const Seq2SeqTokens& tokens, const RandomStream& random) {
  return options.kind == Denoising::span_corruption ? corrupt_spans(ids, options, tokens, random)
                                                    : infill_text(ids, options, tokens, random);
}

}  // namespace gradus
