#include "train/finetune/shuffled_batches.h"

#include <algorithm>
#include <numeric>

#include "data/random_stream.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr size_t batches_in_pool = 16;  // rows are sorted by length within so many batches

}  // namespace

ShuffledBatches::ShuffledBatches(std::vector<size_t> lengths, int64_t batch_size, uint64_t seed)
    : lengths_(std::move(lengths)), batch_size_(static_cast<size_t>(batch_size)), seed_(seed) {
  check_value(!lengths_.empty(), "finetune: there are no examples to learn from");
  check_value(batch_size >= 1, "finetune: a batch size of {} must be at least 1", batch_size);
}

int64_t ShuffledBatches::batches_per_epoch() const {
  return static_cast<int64_t>((lengths_.size() + batch_size_ - 1) / batch_size_);
}

void ShuffledBatches::begin_epoch() {
  RandomStream random(seed_, "finetune/order", epoch_++, 0);
  std::vector<int64_t> order(lengths_.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  shuffle(order, random);
  const auto length = [&](int64_t row) { return lengths_[static_cast<size_t>(row)]; };
  const size_t pool = batches_in_pool * batch_size_;
  for (size_t begin = 0; begin < order.size(); begin += pool) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const size_t count = std::min(pool, order.size() - begin);
    std::ranges::stable_sort(first, first + static_cast<std::ptrdiff_t>(count), std::less<>(),
                             length);
  }
  for (size_t begin = 0; begin < order.size(); begin += batch_size_) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const size_t count = std::min(batch_size_, order.size() - begin);
    batches_.emplace_back(first, first + static_cast<std::ptrdiff_t>(count));
  }
  shuffle(batches_, random);
}

std::vector<int64_t> ShuffledBatches::next() {
  if (batches_.empty()) begin_epoch();
  std::vector<int64_t> rows = std::move(batches_.back());
  batches_.pop_back();
  return rows;
}

}  // namespace gradus
