#pragma once
// A caching allocator: freed blocks wait in free lists by size class, so that a training step in
// steady state never asks the system for memory. Blocks are 64-byte aligned.

#include <cstddef>
#include <memory>
#include <utility>

#include "tensor/real.h"

namespace gradus {

/// Bytes in use, their peak, bytes waiting in the free lists, and how often the system was asked.
struct MemoryStats {
  int64_t live_bytes = 0;
  int64_t peak_bytes = 0;
  int64_t cached_bytes = 0;
  int64_t system_allocations = 0;
};

struct MemoryBlock {
  void* data = nullptr;
  size_t capacity = 0;  // bytes, a size class
};

/// Powers of two up to 256 KiB, multiples of 64 KiB above. Throws MemoryError.
size_t size_class(size_t bytes);
/// `exact` refuses cached blocks of a larger class: for owners that remember only what they asked.
MemoryBlock allocate_block(size_t bytes, bool exact = false);
void free_block(MemoryBlock block);

/// Room for n values, uninitialised, which goes with its owner.
template <class T>
class OwnedBlock {
 public:
  OwnedBlock() = default;
  explicit OwnedBlock(int64_t n) : memory_(allocate_block(static_cast<size_t>(n) * sizeof(T))) {}
  OwnedBlock(OwnedBlock&& other) noexcept { *this = std::move(other); }
  OwnedBlock& operator=(OwnedBlock&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~OwnedBlock() { free_block(memory_); }

  /// Null if it was made without a size.
  T* data() const { return static_cast<T*>(memory_.data); }

 private:
  MemoryBlock memory_;
};

MemoryStats memory_stats();
void reset_peak_memory();
/// Returns every cached block to the system.
void release_cached_memory();

/// The same blocks for standard containers and std::allocate_shared.
template <class T>
struct CachingAllocator {
  using value_type = T;
  CachingAllocator() = default;
  template <class U>
  CachingAllocator(const CachingAllocator<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(allocate_block(n * sizeof(T), true).data); }
  void deallocate(T* p, size_t n) { free_block({p, size_class(n * sizeof(T))}); }
  bool operator==(const CachingAllocator&) const { return true; }
};

/// std::make_shared through the caching allocator.
template <class T, class... Args>
std::shared_ptr<T> make_cached(Args&&... args) {
  return std::allocate_shared<T>(CachingAllocator<T>{}, std::forward<Args>(args)...);
}

}  // namespace gradus
