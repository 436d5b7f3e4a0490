#include "data/shuffled_batches.h"

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
  check_value(!lengths_.empty(), "batches: there are no examples to learn from");
  check_value(batch_size >= 1, "batches: a batch size of {} must be at least 1", batch_size);
}

int64_t ShuffledBatches::batches_per_epoch() const {
  return static_cast<int64_t>((lengths_.size() + batch_size_ - 1) / batch_size_);
}

void ShuffledBatches::draw(uint64_t epoch) const {
  RandomStream random(seed_, "finetune/order", epoch, 0);
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
  batches_.clear();
  for (size_t begin = 0; begin < order.size(); begin += batch_size_) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const size_t count = std::min(batch_size_, order.size() - begin);
    batches_.emplace_back(first, first + static_cast<std::ptrdiff_t>(count));
  }
  shuffle(batches_, random);
  epoch_ = epoch;
}

const std::vector<int64_t>& ShuffledBatches::batch(uint64_t k) const {
  const auto n = static_cast<uint64_t>(batches_per_epoch());
  if (batches_.empty() || epoch_ != k / n) draw(k / n);
  return batches_[n - 1 - k % n];
}

}  // namespace gradus
