#include "data/batches.h"

#include <algorithm>
#include <bit>

#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus {
namespace {

// 64 random bits that depend on the seed and on two numbers.
uint64_t random_bits(uint64_t seed, uint64_t a, uint64_t b) {
  Draw draw = draw_for(seed, "data/batches");
  draw.counter += a;
  const auto words = kernels::random_block(draw, b);
  return uint64_t{words[1]} << 32 | words[0];
}

// Where i goes in a permutation of [0, n) that takes no memory: a Feistel network of four rounds on
// an even number of bits, applied again while the result is not below n (Black & Rogaway 2002,
// "Ciphers with arbitrary finite domains", cycle walking).
uint64_t permuted(uint64_t i, uint64_t n, uint64_t seed, uint64_t epoch) {
  const int half = (static_cast<int>(std::bit_width(n - 1)) + 1) / 2;
  const uint64_t mask = (uint64_t{1} << half) - 1;
  do {
    uint64_t left = i >> half, right = i & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint64_t mixed = left ^ (random_bits(seed, epoch, right << 2 | round) & mask);
      left = right;
      right = mixed;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

void check_sizes(const char* what, int64_t batch_size, int64_t block_size) {
  check_value(batch_size >= 1 && block_size >= 1,
              "{}: batch size {} and block size {} must be at least 1", what, batch_size,
              block_size);
}

// Row `row` of a batch: tokens start ... start + T - 1 and the ones that follow each of them.
void fill_row(const TokenView& text, int64_t start, int64_t row, Batch& batch) {
  const int64_t T = batch.ids.dim(1);
  const size_t first = static_cast<size_t>(start), length = static_cast<size_t>(T);
  text.copy(first, {batch.ids.data() + row * T, length});
  text.copy(first + 1, {batch.targets.data() + row * T, length});
}

}  // namespace

CausalLoader::CausalLoader(TokenView text, const CausalLoaderConfig& settings)
    : text_(std::move(text)), config_(settings) {
  check_sizes("batches", config_.batch_size, config_.block_size);
  check_value(num_tokens() > config_.block_size,
              "batches: the corpus has {} tokens, a block of {} needs at least {}", num_tokens(),
              config_.block_size, config_.block_size + 1);
}

// Row r of all rows ever drawn. In epoch r / n the text is cut into n blocks after a random number
// of tokens, and the blocks are visited in random order.
int64_t CausalLoader::start_of(uint64_t r) const {
  const uint64_t T = static_cast<uint64_t>(config_.block_size);
  const uint64_t starts = static_cast<uint64_t>(num_tokens()) - T;  // those with T + 1 tokens
  const uint64_t n = std::max<uint64_t>(1, starts / T);
  const uint64_t epoch = r / n;
  const uint64_t shift = random_bits(config_.seed, epoch, ~uint64_t{0}) % (starts - (n - 1) * T);
  return static_cast<int64_t>(shift + T * permuted(r % n, n, config_.seed, epoch));
}

Batch CausalLoader::batch(uint64_t k) const {
  const int64_t B = config_.batch_size, T = config_.block_size;
  Batch result{Tokens({B, T}), Tokens({B, T})};
  for (int64_t b = 0; b < B; ++b) {
    fill_row(text_, start_of(k * static_cast<uint64_t>(B) + static_cast<uint64_t>(b)), b, result);
  }
  return result;
}

EvaluationBlocks::EvaluationBlocks(TokenView text, int64_t batch_size, int64_t block_size)
    : text_(std::move(text)), batch_size_(batch_size), block_size_(block_size) {
  check_sizes("evaluation", batch_size, block_size);
  check_value(text_.size() >= 2,
              "evaluation: the text has {} tokens, at least 2 are needed: one to read, one to "
              "predict",
              text_.size());
  full_blocks_ = num_targets() / block_size;
  full_batches_ = (full_blocks_ + batch_size - 1) / batch_size;
  partial_ = num_targets() % block_size;
}

Batch EvaluationBlocks::operator[](int64_t i) const {
  const bool is_partial = i == full_batches_;
  const int64_t first = is_partial ? full_blocks_ : i * batch_size_;
  const int64_t rows = is_partial ? 1 : std::min(batch_size_, full_blocks_ - first);
  const int64_t length = is_partial ? partial_ : block_size_;
  Batch batch{Tokens({rows, length}), Tokens({rows, length})};
  for (int64_t row = 0; row < rows; ++row) {
    fill_row(text_, (first + row) * block_size_, row, batch);
  }
  return batch;
}

}  // namespace gradus
