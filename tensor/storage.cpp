#include "tensor/storage.h"

#include "tensor/errors.h"

namespace gradus {
namespace {

thread_local bool meta_mode = false;

}  // namespace

Storage::Storage(int64_t size) : size_(size) {
  size_t bytes = 0;
  check<MemoryError>(!__builtin_mul_overflow(static_cast<size_t>(size), sizeof(real), &bytes),
                     "memory: {} elements are more bytes than 64 bits can count", size);
  if (!meta_mode) block_ = allocate_block(bytes);
}

MetaMode::MetaMode() : previous_(meta_mode) { meta_mode = true; }
MetaMode::~MetaMode() { meta_mode = previous_; }
bool MetaMode::enabled() { return meta_mode; }

}  // namespace gradus
