#include "tensor/storage.h"

#include <mutex>

#include "tensor/bf16_copy.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

thread_local bool meta_mode = false;

}  // namespace

Storage::Storage(int64_t size) : size_(size) {
  size_t bytes = 0;
  check<MemoryError>(!__builtin_mul_overflow(static_cast<size_t>(size), sizeof(real), &bytes),
                     "memory: {} elements are more bytes than 64 bits can count", size);
  if (!meta_mode) block_ = OwnedBlock<real>(size);
}

std::shared_ptr<const BF16Copy> Storage::in_bf16() const {
  static std::mutex one_at_a_time;  // two threads may read the same weight
  const std::lock_guard lock(one_at_a_time);
  if (bf16_ == nullptr || bf16_version_ != version_) {
    bf16_.reset();  // its memory is what the next one gets
    bf16_ = make_cached<BF16Copy>(size_, data());
    bf16_version_ = version_;
  }
  return bf16_;
}

kernels::bf16* Storage::mutable_bf16() {
  if (bf16_ == nullptr || bf16_.use_count() > 1) return nullptr;
  bf16_version_ = version_;
  return bf16_->mutable_data();
}

MetaMode::MetaMode() : previous_(meta_mode) { meta_mode = true; }
MetaMode::~MetaMode() { meta_mode = previous_; }
bool MetaMode::enabled() { return meta_mode; }

}  // namespace gradus
