#include "tensor/allocator.h"

#include <thread>
#include <vector>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr size_t mebibyte = size_t{1} << 20;

}  // namespace

TEST_CASE("size classes are powers of two up to 256 KiB, then multiples of 64 KiB") {
  CHECK(size_class(0) == 64);
  CHECK(size_class(64) == 64);
  CHECK(size_class(65) == 128);
  CHECK(size_class(1000) == 1024);
  CHECK(size_class(mebibyte / 4) == mebibyte / 4);
  CHECK(size_class(mebibyte / 4 + 1) == mebibyte / 4 + 65536);
  CHECK(size_class(mebibyte + 1) == mebibyte + 65536);
  CHECK(size_class(154 * mebibyte) == 154 * mebibyte);
}

TEST_CASE("blocks are 64-byte aligned") {
  for (const size_t bytes : {size_t{1}, size_t{100}, size_t{5000}, 3 * mebibyte, 9 * mebibyte}) {
    const MemoryBlock block = allocate_block(bytes);
    CHECK(reinterpret_cast<uintptr_t>(block.data) % 64 == 0);
    CHECK(block.capacity >= bytes);
    free_block(block);
  }
}

TEST_CASE("a freed block is used again, without asking the system") {
  const MemoryBlock first = allocate_block(5000);
  free_block(first);
  const int64_t asked = memory_stats().system_allocations;
  const MemoryBlock second = allocate_block(6000);  // the same class
  CHECK(second.data == first.data);
  CHECK(memory_stats().system_allocations == asked);
  free_block(second);
}

TEST_CASE("the counters follow what is in use, its peak, and what is cached") {
  const MemoryStats before = memory_stats();
  reset_peak_memory();
  {
    const Tensor x = empty({3 << 20});
    const int64_t bytes = x.numel() * static_cast<int64_t>(sizeof(real));
    CHECK(memory_stats().live_bytes >= before.live_bytes + bytes);
    CHECK(memory_stats().live_bytes <= before.live_bytes + bytes + bytes / 8 + 1024);
  }
  CHECK(memory_stats().live_bytes == before.live_bytes);
  CHECK(memory_stats().peak_bytes > before.live_bytes);
  CHECK(memory_stats().cached_bytes > 0);
  reset_peak_memory();
  CHECK(memory_stats().peak_bytes == before.live_bytes);
  release_cached_memory();
  CHECK(memory_stats().cached_bytes == 0);
  CHECK(memory_stats().live_bytes == before.live_bytes);
}

TEST_CASE("containers give back exactly what they took, also beside slightly larger free blocks") {
  release_cached_memory();
  const int64_t before = memory_stats().live_bytes;
  free_block(allocate_block(4 * mebibyte + 300'000));
  { const std::vector<char, CachingAllocator<char>> bytes(4 * mebibyte); }
  CHECK(memory_stats().live_bytes == before);
  release_cached_memory();
  CHECK(memory_stats().cached_bytes == 0);
}

TEST_CASE("memory that the machine does not have is refused with size and shape") {
  const Shape shape{int64_t{1} << 30, int64_t{1} << 20};
  const auto bytes = (size_t{1} << 50) * sizeof(real);
  CHECK(message_of<MemoryError>([&] { static_cast<void>(empty(shape)); }) ==
        fmt::format("memory: the system has no {} bytes left (for a tensor of shape {})", bytes,
                    shape));
}

TEST_CASE("sizes whose bytes overflow are refused with size and shape") {
  const Shape shape{int64_t{1} << 62};
  const std::string sentence = message_of<MemoryError>([&] { static_cast<void>(empty(shape)); });
  CHECK(contains(sentence, "(for a tensor of shape (4611686018427387904))"));
}

TEST_CASE("a refused allocation leaves the counters as they were") {
  const int64_t before = memory_stats().live_bytes;
  CHECK_THROWS_AS(empty({int64_t{1} << 50}), MemoryError);
  CHECK(memory_stats().live_bytes == before);
}

TEST_CASE("threads may allocate and free at once") {
  const int64_t before = memory_stats().live_bytes;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int64_t i = 0; i < 2000; ++i) static_cast<void>(empty({i % 300}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(memory_stats().live_bytes == before);
}
