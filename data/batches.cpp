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

// Rows of T tokens over every document: its separator first, then on from T tokens later.
std::vector<int64_t> rows_of_documents(const TokenView& text, int32_t separator, int64_t T) {
  std::vector<int32_t> ids(text.size());
  text.copy(0, ids);
  std::vector<int64_t> rows;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    const bool later = !rows.empty() && static_cast<int64_t>(i) == rows.back() + T;
    if (ids[i] == separator || later) rows.push_back(static_cast<int64_t>(i));
  }
  return rows;
}

// As fill_row, up to the end of the document or of the text.
void fill_document_row(const TokenView& text, int64_t start, int32_t separator, int64_t row,
                       Batch& batch) {
  const int64_t T = batch.ids.dim(1);
  const size_t first = static_cast<size_t>(start);
  std::vector<int32_t> ids(std::min(static_cast<size_t>(T) + 1, text.size() - first));
  text.copy(first, ids);
  int32_t* const in = batch.ids.data() + row * T;
  int32_t* const out = batch.targets.data() + row * T;
  std::fill_n(in, T, separator);
  std::fill_n(out, T, no_target);
  for (size_t t = 0; t + 1 < ids.size(); ++t) {
    in[t] = ids[t];
    out[t] = ids[t + 1];
    if (ids[t + 1] == separator) break;
  }
}

}  // namespace

int64_t count_targets(const Tokens& targets) {
  return targets.numel() - std::count(targets.data(), targets.data() + targets.numel(), no_target);
}

CausalLoader::CausalLoader(TokenView text, const CausalLoaderConfig& settings)
    : text_(std::move(text)), config_(settings) {
  check_sizes("batches", config_.batch_size, config_.block_size);
  check_value(num_tokens() > config_.block_size,
              "batches: the corpus has {} tokens, a block of {} needs at least {}", num_tokens(),
              config_.block_size, config_.block_size + 1);
  if (!config_.separator) return;
  document_rows_ = rows_of_documents(text_, *config_.separator, config_.block_size);
  check_value(!document_rows_.empty(), "batches: the separator {} does not occur in the text",
              *config_.separator);
}

// Row r of all rows ever drawn. In epoch r / n the text is cut into n blocks after a random number
// of tokens, and the blocks are visited in random order.
int64_t CausalLoader::start_of(uint64_t r) const {
  if (config_.separator) {
    const uint64_t n = document_rows_.size();
    return document_rows_[permuted(r % n, n, config_.seed, r / n)];
  }
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
    const int64_t start = start_of(k * static_cast<uint64_t>(B) + static_cast<uint64_t>(b));
    if (config_.separator) {
      fill_document_row(text_, start, *config_.separator, b, result);
    } else {
      fill_row(text_, start, b, result);
    }
  }
  return result;
}

EvaluationBlocks::EvaluationBlocks(TokenView text, int64_t batch_size, int64_t block_size,
                                   std::optional<int32_t> separator)
    : text_(std::move(text)),
      batch_size_(batch_size),
      block_size_(block_size),
      separator_(separator) {
  check_sizes("evaluation", batch_size, block_size);
  check_value(text_.size() >= 2,
              "evaluation: the text has {} tokens, at least 2 are needed: one to read, one to "
              "predict",
              text_.size());
  if (separator_) document_rows_ = rows_of_documents(text_, *separator_, block_size);
  full_blocks_ =
      separator_ ? static_cast<int64_t>(document_rows_.size()) : num_targets() / block_size;
  full_batches_ = (full_blocks_ + batch_size - 1) / batch_size;
  partial_ = separator_ ? 0 : num_targets() % block_size;
}

Batch EvaluationBlocks::operator[](int64_t i) const {
  const bool is_partial = i == full_batches_;
  const int64_t first = is_partial ? full_blocks_ : i * batch_size_;
  const int64_t rows = is_partial ? 1 : std::min(batch_size_, full_blocks_ - first);
  const int64_t length = is_partial ? partial_ : block_size_;
  Batch batch{Tokens({rows, length}), Tokens({rows, length})};
  for (int64_t row = 0; row < rows; ++row) {
    if (separator_) {
      const int64_t start = document_rows_[static_cast<size_t>(first + row)];
      fill_document_row(text_, start, *separator_, row, batch);
    } else {
      fill_row(text_, (first + row) * block_size_, row, batch);
    }
  }
  return batch;
}

}  // namespace gradus
