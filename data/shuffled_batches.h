#pragma once
// Which examples stand in which batch: every epoch has its own order, and neighbours are of similar
// length, because a batch costs as much as its longest text in every row.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gradus {

class ShuffledBatches {
 public:
  /// `lengths` of the examples. Throws ValueError for no examples and a batch size below 1.
  ShuffledBatches(std::vector<size_t> lengths, int64_t batch_size, uint64_t seed);

  /// The rows of the next batch. An epoch's last batch may be smaller. Within an epoch every row
  /// comes once; what comes in epoch e depends on (seed, e) alone.
  std::vector<int64_t> next() { return batch(position_++); }
  /// The rows of batch k of all batches ever drawn. One thread at a time.
  const std::vector<int64_t>& batch(uint64_t k) const;
  int64_t batches_per_epoch() const;

 private:
  void draw(uint64_t epoch) const;

  std::vector<size_t> lengths_;
  size_t batch_size_;
  uint64_t seed_, position_ = 0;
  mutable uint64_t epoch_ = 0;
  mutable std::vector<std::vector<int64_t>> batches_;  // of epoch_, once it is drawn
};

}  // namespace gradus
