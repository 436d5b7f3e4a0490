#include "tensor/storage.h"

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("the version of a storage counts its writers, not its readers") {
  Tensor x = zeros({4});
  const uint64_t version = x.storage()->version();
  static_cast<void>(x.data());
  static_cast<void>(x.to_vector());
  static_cast<void>(x * 2);
  CHECK(x.storage()->version() == version);
  x.mutable_data()[0] = 1;
  CHECK(x.storage()->version() == version + 1);
  x.narrow(0, 1, 2).fill_(3);  // a view writes to the same storage
  CHECK(x.storage()->version() > version + 1);
}

TEST_CASE("copies of a handle share memory, clones do not") {
  Tensor x = zeros({2});
  Tensor handle = x, clone = x.clone();
  x.mutable_data()[0] = 5;
  CHECK(handle.data()[0] == 5);
  CHECK(clone.data()[0] == 0);
}

TEST_CASE("under MetaMode tensors have shapes and no memory") {
  const int64_t before = memory_stats().live_bytes;
  const MetaMode guard;
  const Tensor x = empty({1 << 20, 1 << 20});  // 4 TiB
  CHECK(x.is_meta());
  CHECK(x.numel() == int64_t{1} << 40);
  CHECK(memory_stats().live_bytes - before < 1024);
  CHECK(zeros({3}).is_meta());
  CHECK(randn({3}).is_meta());
  CHECK(x.narrow(0, 0, 5).is_meta());
}

TEST_CASE("a meta tensor refuses to be read or written") {
  Tensor x;
  {
    const MetaMode guard;
    x = empty({2, 3});
  }
  CHECK(message_of<ValueError>([&] { static_cast<void>(x.data()); }) ==
        "tensor: a tensor of shape (2, 3) made under MetaMode has no data");
  CHECK_THROWS_AS(x.mutable_data(), ValueError);
  CHECK_THROWS_AS(x + x, ValueError);
  CHECK_THROWS_AS(x.fill_(1), ValueError);
}

TEST_CASE("MetaMode nests and ends with its guard") {
  CHECK(!MetaMode::enabled());
  {
    const MetaMode outer;
    { const MetaMode inner; }
    CHECK(MetaMode::enabled());
  }
  CHECK(!MetaMode::enabled());
  CHECK(!zeros({3}).is_meta());
}

TEST_CASE("an undefined tensor has no data") {
  const Tensor x;
  CHECK(!x.defined());
  CHECK(message_of<ValueError>([&] { static_cast<void>(x.data()); }) ==
        "tensor: an undefined tensor has no data");
  CHECK_THROWS_AS(x.item(), ShapeError);
}
