#include "data/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support.h"
#include "tensor/allocator.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

// 0, 1, 2, ...: a token tells where it stands.
std::vector<int32_t> counting(size_t n) {
  std::vector<int32_t> ids(n);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

}  // namespace

TEST_CASE("batches: each row is a piece of the text, its targets the tokens one further on") {
  CausalLoader loader(counting(1000), {.batch_size = 5, .block_size = 8, .seed = 1});
  for (int k = 0; k < 20; ++k) {
    const auto [ids, targets] = loader.next();
    REQUIRE(ids.shape == Shape{5, 8});
    REQUIRE(targets.shape == Shape{5, 8});
    for (size_t i = 0; i < 40; ++i) {
      CHECK(targets.ids[i] == ids.ids[i] + 1);
      if (i % 8 != 0) CHECK(ids.ids[i] == ids.ids[i - 1] + 1);
    }
  }
}

TEST_CASE(
    "batches: an epoch visits every block once, the next in another order and cut elsewhere") {
  const int64_t T = 8, n = 37;  // n is no power of two: the permutation has to walk
  const CausalLoader loader(counting(static_cast<size_t>(n * T + T)),
                            {.batch_size = 1, .block_size = T, .seed = 5});
  std::vector<std::vector<int64_t>> order(3);
  std::vector<int64_t> shift(3);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t>& starts = order[static_cast<size_t>(epoch)];
    for (int64_t i = 0; i < n; ++i) {
      starts.push_back(loader.batch(static_cast<uint64_t>(epoch * n + i)).ids.ids[0]);
    }
    std::vector<int64_t> sorted = starts;
    std::sort(sorted.begin(), sorted.end());
    shift[static_cast<size_t>(epoch)] = sorted[0];
    for (int64_t i = 0; i < n; ++i) CHECK(sorted[static_cast<size_t>(i)] == sorted[0] + i * T);
    CHECK(starts != sorted);
  }
  CHECK(order[0] != order[1]);
  CHECK((shift[0] != shift[1] || shift[1] != shift[2]));
}

TEST_CASE("batches: over many epochs every place of a block is as likely as any other") {
  const int64_t T = 4, n = 7;
  const CausalLoader loader(counting(static_cast<size_t>(n * T + T)),
                            {.batch_size = 1, .block_size = T, .seed = 9});
  std::vector<double> counts(static_cast<size_t>(n));  // which block comes first in an epoch
  for (uint64_t epoch = 0; epoch < 7000; ++epoch) {
    ++counts.at(static_cast<size_t>(loader.batch(epoch * static_cast<uint64_t>(n)).ids.ids[0] / T));
  }
  double chi_squared = 0;
  for (const double count : counts) chi_squared += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi_squared < 22.46);  // 6 degrees of freedom, p = 0.001
}

TEST_CASE("batches: the smallest possible text has one possible row") {
  const CausalLoader loader(counting(5), {.batch_size = 2, .block_size = 4, .seed = 0});
  const Batch batch = loader.batch(123);
  CHECK(batch.ids.ids == Ids{0, 1, 2, 3, 0, 1, 2, 3});
  CHECK(batch.targets.ids == Ids{1, 2, 3, 4, 1, 2, 3, 4});
}

TEST_CASE("batches: batch k depends on seed and k alone, so that seek resumes a run") {
  const CausalLoaderConfig config = {.batch_size = 4, .block_size = 16, .seed = 7};
  CausalLoader unbroken(counting(5000), config), resumed(counting(5000), config);
  for (int k = 0; k < 10; ++k) unbroken.next();
  CHECK(unbroken.position() == 10);
  resumed.seek(10);
  for (int k = 0; k < 5; ++k) CHECK(unbroken.next().ids.ids == resumed.next().ids.ids);
  CHECK(unbroken.batch(3).ids.ids != unbroken.batch(4).ids.ids);
  const CausalLoader other(counting(5000), {.batch_size = 4, .block_size = 16, .seed = 8});
  CHECK(unbroken.batch(3).ids.ids != other.batch(3).ids.ids);
}

TEST_CASE("batches: rows of one batch start independently") {
  const CausalLoader loader(counting(1'000'000), {.batch_size = 64, .block_size = 1, .seed = 3});
  Ids starts = loader.batch(0).ids.ids;
  std::sort(starts.begin(), starts.end());
  CHECK(std::unique(starts.begin(), starts.end()) - starts.begin() == 64);
}

TEST_CASE("batches: once warm, the loader asks the system for no memory") {
  CausalLoader loader(counting(5000), {.batch_size = 12, .block_size = 64, .seed = 0});
  for (int k = 0; k < 3; ++k) loader.next();
  const int64_t before = memory_stats().system_allocations;
  for (int k = 0; k < 100; ++k) loader.next();
  CHECK(memory_stats().system_allocations == before);
}

TEST_CASE("batches: a text shorter than a block and sizes below 1 are refused in one sentence") {
  const auto refusal = [](size_t n, int64_t B, int64_t T) {
    return sentence_of<ValueError>(
        [&] { CausalLoader(counting(n), {.batch_size = B, .block_size = T}); });
  };
  CHECK(refusal(17, 1, 64) == "batches: the corpus has 17 tokens, a block of 64 needs at least 65");
  CHECK(contains(refusal(64, 1, 64), "has 64 tokens"));
  CHECK(contains(refusal(0, 1, 1), "has 0 tokens"));
  CHECK(contains(refusal(10, 0, 4), "batch size 0"));
  CHECK(contains(refusal(10, 4, -1), "block size -1"));
  CHECK(contains(refusal(10, 1, int64_t{1} << 62), "needs at least"));
}

TEST_CASE("evaluation: every token after the first is predicted once, from its predecessor") {
  for (const int n : {2, 9, 10, 16, 17, 18, 64, 65, 66, 100}) {
    for (const int64_t B : {1, 3, 100}) {
      CAPTURE(n);
      CAPTURE(B);
      const std::vector<int32_t> text = counting(static_cast<size_t>(n));
      std::vector<int32_t> predicted;
      int64_t batches = 0;
      for (const auto& [ids, targets] : evaluation_blocks(text, B, 8)) {
        ++batches;
        CHECK(ids.shape == targets.shape);
        CHECK(ids.dim(0) <= B);
        CHECK(ids.dim(1) <= 8);
        for (size_t i = 0; i < ids.ids.size(); ++i) CHECK(ids.ids[i] + 1 == targets.ids[i]);
        predicted.insert(predicted.end(), targets.ids.begin(), targets.ids.end());
      }
      CHECK(predicted == std::vector<int32_t>(text.begin() + 1, text.end()));
      CHECK(evaluation_blocks(text, B, 8).size() == batches);
      CHECK(evaluation_blocks(text, B, 8).num_targets() == n - 1);
    }
  }
}

TEST_CASE("evaluation: blocks come B at a time, the partial one alone") {
  const std::vector<int32_t> text = counting(8 * 5 + 1 + 3);  // 5 full blocks and 3 targets more
  const EvaluationBlocks blocks = evaluation_blocks(text, 2, 8);
  REQUIRE(blocks.size() == 4);
  CHECK(blocks[0].ids.shape == Shape{2, 8});
  CHECK(blocks[1].ids.shape == Shape{2, 8});
  CHECK(blocks[2].ids.shape == Shape{1, 8});
  CHECK(blocks[3].ids.shape == Shape{1, 3});
  CHECK(blocks[1].targets.ids[0] == 2 * 8 + 1);
}

TEST_CASE("evaluation: fewer than two tokens and sizes below 1 are refused") {
  const std::vector<int32_t> one = {7};
  CHECK(contains(sentence_of<ValueError>([&] { evaluation_blocks(one, 1, 8); }), "1 tokens"));
  CHECK(contains(sentence_of<ValueError>([&] { evaluation_blocks({}, 1, 8); }), "0 tokens"));
  CHECK(contains(sentence_of<ValueError>([&] { evaluation_blocks(one, 0, 8); }), "batch size 0"));
}

namespace {

constexpr int32_t eot = 99;  // the separator

// Documents of 3, 1, 9 and 4 tokens, each after a separator, and one at the very end.
const std::vector<int32_t> story_ids{eot, 1,  2,  3,  eot, 4,   eot, 10, 11, 12, 13,
                                     14,  15, 16, 17, 18,  eot, 20,  21, 22, 23, eot};

std::vector<int32_t> row_of(const Tokens& tokens, int64_t row) {
  const int64_t T = tokens.dim(1);
  return {tokens.data() + row * T, tokens.data() + (row + 1) * T};
}

}  // namespace

TEST_CASE(
    "batches: rows aligned to documents end with the next separator and count nothing after") {
  const EvaluationBlocks blocks(story_ids, 8, 5, eot);
  REQUIRE(blocks.size() == 1);
  const auto [ids, targets] = blocks[0];
  const auto x = no_target;
  const std::vector<std::vector<int32_t>> in{{eot, 1, 2, 3, eot},
                                             {eot, 4, eot, eot, eot},
                                             {eot, 10, 11, 12, 13},
                                             {14, 15, 16, 17, 18},
                                             {eot, 20, 21, 22, 23}};
  const std::vector<std::vector<int32_t>> out{{1, 2, 3, eot, x},
                                              {4, eot, x, x, x},
                                              {10, 11, 12, 13, 14},
                                              {15, 16, 17, 18, eot},
                                              {20, 21, 22, 23, eot}};
  REQUIRE(ids.dim(0) == 5);
  for (int64_t row = 0; row < 5; ++row) {
    CAPTURE(row);
    CHECK(row_of(ids, row) == in[static_cast<size_t>(row)]);
    CHECK(row_of(targets, row) == out[static_cast<size_t>(row)]);
  }
  // Every token after the first is a target once.
  CHECK(count_targets(targets) == static_cast<int64_t>(story_ids.size()) - 1);
}

TEST_CASE("batches: an epoch of aligned rows visits every row once, in an order of its own") {
  CausalLoader loader(story_ids, {.batch_size = 1, .block_size = 5, .seed = 3, .separator = eot});
  const auto epoch = [&] {
    std::vector<std::vector<int32_t>> rows;
    for (int i = 0; i < 5; ++i) rows.push_back(row_of(loader.next().targets, 0));
    return rows;
  };
  auto first = epoch(), second = epoch(), third = epoch();
  CHECK((first != second || second != third));
  for (auto* rows : {&first, &second, &third}) std::sort(rows->begin(), rows->end());
  CHECK(first == second);
  CHECK(first == third);
  CHECK(std::unique(first.begin(), first.end()) == first.end());
}

TEST_CASE("batches: a separator that does not occur is refused") {
  CHECK_THROWS_WITH(CausalLoader(story_ids, {.block_size = 5, .separator = 77}),
                    "batches: the separator 77 does not occur in the text");
}
