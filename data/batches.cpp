#include "data/batches.h"

#include <algorithm>
#include <bit>

#include "tensor/errors.h"
#include "tensor/kernels/random.h"

namespace gradus {
namespace {

// Independent uniform integers for one batch, made from blocks k * 2^32, k * 2^32 + 1, ... of a
// draw that belongs to batches alone.
class UniformIntegers {
 public:
  UniformIntegers(uint64_t seed, uint64_t k)
      : draw_(draw_for(seed, "data/batches")), block_(k << 32) {}

  // Uniform in [0, n): as many bits as n - 1 has, drawn again while they reach n. On average fewer
  // than two draws, and no value is favoured, as it would be by a remainder.
  uint64_t below(uint64_t n) {
    const uint64_t mask = std::bit_ceil(n) - 1;
    uint64_t value = bits() & mask;
    while (value >= n) value = bits() & mask;
    return value;
  }

 private:
  uint64_t bits() {
    if (used_ == 4) {
      words_ = kernels::random_block(draw_, block_++);
      used_ = 0;
    }
    const uint64_t low = words_[used_], high = words_[used_ + 1];
    used_ += 2;
    return high << 32 | low;
  }

  Draw draw_;
  uint64_t block_;
  std::array<uint32_t, 4> words_{};
  size_t used_ = 4;
};

void check_sizes(const char* what, int64_t batch_size, int64_t block_size) {
  check_value(batch_size >= 1 && block_size >= 1,
              "{}: batch size {} and block size {} must be at least 1", what, batch_size,
              block_size);
}

// Row `row` of a batch: tokens start ... start + T - 1 and the ones that follow each of them.
void fill_row(std::span<const int32_t> text, int64_t start, int64_t row, Batch& batch) {
  const int64_t T = batch.ids.dim(1);
  const int32_t* source = text.data() + start;
  std::copy_n(source, T, batch.ids.data() + row * T);
  std::copy_n(source + 1, T, batch.targets.data() + row * T);
}

}  // namespace

CausalLoader::CausalLoader(std::vector<int32_t> text, const CausalLoaderConfig& settings)
    : text_(std::move(text)), config_(settings) {
  check_sizes("batches", config_.batch_size, config_.block_size);
  check_value(num_tokens() > config_.block_size,
              "batches: the corpus has {} tokens, a block of {} needs at least {}", num_tokens(),
              config_.block_size, config_.block_size + 1);
}

Batch CausalLoader::batch(uint64_t k) const {
  const int64_t B = config_.batch_size, T = config_.block_size;
  UniformIntegers starts(config_.seed, k);
  const uint64_t choices = static_cast<uint64_t>(num_tokens() - T);
  Batch result{Tokens({B, T}), Tokens({B, T})};
  for (int64_t b = 0; b < B; ++b) {
    fill_row(text_, static_cast<int64_t>(starts.below(choices)), b, result);
  }
  return result;
}

EvaluationBlocks::EvaluationBlocks(std::span<const int32_t> text, int64_t batch_size,
                                   int64_t block_size)
    : text_(text), batch_size_(batch_size), block_size_(block_size) {
  check_sizes("evaluation", batch_size, block_size);
  check_value(text.size() >= 2,
              "evaluation: the text has {} tokens, at least 2 are needed: one to read, one to "
              "predict",
              text.size());
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
