#include "data/masked_baselines.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/batches.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

// How often each word occurs in the training text.
class UnigramCounts {
 public:
  UnigramCounts(std::span<const int32_t> train, const PretrainingVocabulary& vocabulary)
      : counts_(vocabulary.kinds.size()) {
    const Tokens checked({static_cast<int64_t>(train.size())}, train);
    check_ids("masked_baselines", checked, vocabulary.size());
    for (const int32_t id : train) {
      if (vocabulary.kind(id) == PretrainingVocabulary::Kind::special) continue;
      ++counts_[static_cast<size_t>(id)];
      ++total_;
    }
    check_value(total_ > 0, "masked_baselines: the training text has no word to count");
  }

  double nats(int32_t id) const {
    const double V = static_cast<double>(counts_.size());
    return -std::log((counts_[static_cast<size_t>(id)] + 1) / (total_ + V));
  }
  int32_t most_frequent() const {
    return static_cast<int32_t>(std::ranges::max_element(counts_) - counts_.begin());
  }

 private:
  std::vector<double> counts_;
  double total_ = 0;
};

}  // namespace

MaskedBaselines masked_baselines(std::span<const int32_t> train,
                                 const PretrainingVocabulary& vocabulary,
                                 const PretrainingBlocks& batches) {
  const UnigramCounts counts(train, vocabulary);
  const int32_t guess = counts.most_frequent();
  MaskedBaselines sum;
  double targets = 0, next = 0, random = 0;
  for (const MaskedBatch& batch : batches) {
    for (const int32_t id : batch.targets.ids) {
      if (id == no_target) continue;
      sum.unigram_loss += counts.nats(id);
      sum.unigram_accuracy += id == guess;
      ++targets;
    }
    for (const int32_t answer : batch.is_random.ids) {
      next += answer == 0;
      random += answer == 1;
    }
  }
  check_value(targets > 0, "masked_baselines: the batches have no target");
  const double pairs = next + random;
  return {.unigram_loss = sum.unigram_loss / targets,
          .unigram_accuracy = sum.unigram_accuracy / targets,
          .majority_next = pairs > 0 ? std::max(next, random) / pairs : 0};
}

}  // namespace gradus
