#include "data/ngram.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>
#include <vector>

#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr size_t most_tokens = size_t{1} << 24;

std::vector<int32_t> beginning(const char* what, const TokenView& text, int64_t vocab_size) {
  std::vector<int32_t> ids(std::min(text.size(), most_tokens));
  text.copy(0, ids);
  for (const int32_t id : ids) {
    check_value(id >= 0 && id < vocab_size, "baselines: id {} of {} is outside [0, {})", id, what,
                vocab_size);
  }
  return ids;
}

class Counts {
 public:
  Counts(std::span<const int32_t> text, int64_t vocab_size)
      : total_(static_cast<double>(text.size())),
        occurrences_(static_cast<size_t>(vocab_size)),
        followed_(occurrences_.size()),
        followers_(occurrences_.size()) {
    for (const int32_t id : text) ++occurrences_[static_cast<size_t>(id)];
    for (size_t i = 1; i < text.size(); ++i) {
      const auto h = static_cast<size_t>(text[i - 1]);
      ++followed_[h];
      if (++pairs_[key(text[i - 1], text[i])] == 1) ++followers_[h];
    }
  }

  double unigram(int32_t w) const {
    const double V = static_cast<double>(occurrences_.size());
    return (occurrences_[static_cast<size_t>(w)] + 1) / (total_ + V);
  }

  double bigram(int32_t h, int32_t w) const {
    const double c = followed_[static_cast<size_t>(h)], T = followers_[static_cast<size_t>(h)];
    if (c == 0) return unigram(w);
    const auto seen = pairs_.find(key(h, w));
    return ((seen == pairs_.end() ? 0.0 : seen->second) + T * unigram(w)) / (c + T);
  }

 private:
  static uint64_t key(int32_t h, int32_t w) {
    return uint64_t{static_cast<uint32_t>(h)} << 32 | static_cast<uint32_t>(w);
  }

  double total_;
  std::vector<double> occurrences_, followed_, followers_;  // c(w), c(h), T(h)
  std::unordered_map<uint64_t, double> pairs_;              // c(h w)
};

}  // namespace

Baselines baselines(const TokenView& train, const TokenView& val, int64_t vocab_size) {
  check_value(train.size() >= 1 && val.size() >= 2,
              "baselines: {} tokens to count and {} to predict; 1 and 2 are needed", train.size(),
              val.size());
  const Counts counts(beginning("the training text", train, vocab_size), vocab_size);
  const std::vector<int32_t> text = beginning("the validation text", val, vocab_size);
  Baselines mean{.uniform = std::log(static_cast<double>(vocab_size))};
  const double n = static_cast<double>(text.size() - 1);
  for (size_t i = 1; i < text.size(); ++i) {
    mean.unigram -= std::log(counts.unigram(text[i])) / n;
    mean.bigram -= std::log(counts.bigram(text[i - 1], text[i])) / n;
  }
  return mean;
}

}  // namespace gradus
