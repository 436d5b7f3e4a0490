#include "tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>

#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr size_t smallest_block = 64;
constexpr size_t largest_power = size_t{256} << 10;
constexpr size_t large_step = size_t{64} << 10;
constexpr size_t huge_page = size_t{2} << 20;

// A free block holds the link to the next one in its own first bytes.
struct FreeBlock {
  FreeBlock* next;
};

struct Cache {
  std::mutex mutex;
  std::map<size_t, FreeBlock*> free_lists;  // entries stay once made: a hit never allocates
  MemoryStats stats;
};

// Never destroyed: tensors with static storage duration may outlive any destructor order.
Cache& cache() {
  static Cache* instance = new Cache;
  return *instance;
}

void* system_allocate(size_t bytes) {
  const size_t alignment = bytes >= 2 * huge_page ? huge_page : smallest_block;
  void* data = nullptr;
  if (posix_memalign(&data, alignment, bytes) != 0) return nullptr;
  if (bytes >= 2 * huge_page) madvise(data, bytes, MADV_HUGEPAGE);  // fewer TLB misses
  return data;
}

void release_locked(Cache& c) {
  for (auto& [capacity, list] : c.free_lists) {
    while (list != nullptr) {
      FreeBlock* next = list->next;
      std::free(list);
      list = next;
    }
  }
  c.stats.cached_bytes = 0;
}

// A cached block of this class, or of one slightly larger, or none.
MemoryBlock take_cached(Cache& c, size_t wanted, bool exact) {
  const size_t most = exact || wanted <= largest_power ? wanted : wanted + wanted / 8;
  for (auto it = c.free_lists.lower_bound(wanted); it != c.free_lists.end(); ++it) {
    if (it->first > most) break;
    if (it->second == nullptr) continue;
    FreeBlock* block = it->second;
    it->second = block->next;
    c.stats.cached_bytes -= static_cast<int64_t>(it->first);
    return {block, it->first};
  }
  return {};
}

}  // namespace

size_t size_class(size_t bytes) {
  check<MemoryError>(bytes <= size_t{1} << 62, "memory: {} bytes cannot be allocated", bytes);
  if (bytes <= smallest_block) return smallest_block;
  if (bytes <= largest_power) return std::bit_ceil(bytes);
  return (bytes + large_step - 1) / large_step * large_step;
}

MemoryBlock allocate_block(size_t bytes, bool exact) {
  const size_t wanted = size_class(bytes);
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  MemoryBlock block = take_cached(c, wanted, exact);
  if (block.data == nullptr) {
    block = {system_allocate(wanted), wanted};
    if (block.data == nullptr) {
      release_locked(c);
      block.data = system_allocate(wanted);
    }
    check<MemoryError>(block.data != nullptr, "memory: the system has no {} bytes left", wanted);
    ++c.stats.system_allocations;
    c.free_lists.try_emplace(wanted, nullptr);  // so that freeing needs no memory
  }
  c.stats.live_bytes += static_cast<int64_t>(block.capacity);
  c.stats.peak_bytes = std::max(c.stats.peak_bytes, c.stats.live_bytes);
  return block;
}

void free_block(MemoryBlock block) {
  if (block.data == nullptr) return;
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  FreeBlock*& list = c.free_lists[block.capacity];
  list = new (block.data) FreeBlock{list};
  c.stats.live_bytes -= static_cast<int64_t>(block.capacity);
  c.stats.cached_bytes += static_cast<int64_t>(block.capacity);
}

MemoryStats memory_stats() {
  const std::lock_guard lock(cache().mutex);
  return cache().stats;
}

void reset_peak_memory() {
  const std::lock_guard lock(cache().mutex);
  cache().stats.peak_bytes = cache().stats.live_bytes;
}

void release_cached_memory() {
  const std::lock_guard lock(cache().mutex);
  release_locked(cache());
}

}  // namespace gradus
