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
  std::vector<int64_t> next();
  int64_t batches_per_epoch() const;

 private:
  void begin_epoch();

  std::vector<size_t> lengths_;
  size_t batch_size_;
  uint64_t seed_, epoch_ = 0;
  std::vector<std::vector<int64_t>> batches_;  // of this epoch, the next one last
};

}  // namespace gradus
