#include "data/seq2seq_batches.h"

#include <algorithm>

#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

size_t longest_of(std::span<const TokenPair> pairs, std::vector<int32_t> TokenPair::*side) {
  size_t longest = 0;
  for (const TokenPair& pair : pairs) {
    check_value(!(pair.*side).empty(), "seq2seq: a source or a target is empty");
    longest = std::max(longest, (pair.*side).size());
  }
  return longest;
}

// Keeps the first of the ids, as many as there is room for, with <s> before them, if there is one,
// and </s> after them; whether any were lost.
bool close_text(std::vector<int32_t>& ids, int64_t most, const Seq2SeqTokens& tokens) {
  const size_t room = static_cast<size_t>(most) - static_cast<size_t>(tokens.frame_size());
  const bool cut = ids.size() > room;
  if (cut) ids.resize(room);
  tokens.frame(ids);
  return cut;
}

std::vector<size_t> lengths_of_pairs(std::span<const TokenPair> pairs) {
  std::vector<size_t> lengths;
  for (const TokenPair& pair : pairs) lengths.push_back(pair.source.size() + pair.target.size());
  return lengths;
}

// The text of row b: its targets, but for the separator that ends it and what pads it.
std::vector<int32_t> text_of_row(const Batch& batch, int64_t b, std::optional<int32_t> separator) {
  const int64_t T = batch.targets.dim(1);
  std::vector<int32_t> ids;
  for (int64_t t = 0; t < T; ++t) {
    const int32_t id = batch.targets.data()[b * T + t];
    if (id == no_target || id == separator) break;
    ids.push_back(id);
  }
  return ids;
}

// Row r of all rows has random numbers of its own.
Seq2SeqBatch spoiled(const Batch& rows, uint64_t first, const DenoisingConfig& config,
                     const Seq2SeqTokens& tokens) {
  std::vector<TokenPair> pairs;
  for (int64_t b = 0; b < rows.targets.dim(0); ++b) {
    const RandomStream random(config.seed, "data/denoising", first + static_cast<uint64_t>(b), 0);
    pairs.push_back(
        denoise(text_of_row(rows, b, config.separator), config.denoising, tokens, random));
  }
  return batch_of(pairs, tokens);
}

}  // namespace

Seq2SeqBatch batch_of(std::span<const TokenPair> pairs, const Seq2SeqTokens& tokens) {
  check_value(!pairs.empty(), "seq2seq: there are no pairs to put side by side");
  const auto B = static_cast<int64_t>(pairs.size());
  const size_t longest = longest_of(pairs, &TokenPair::source);
  const auto S = static_cast<int64_t>(longest);
  const auto T = static_cast<int64_t>(longest_of(pairs, &TokenPair::target));
  const bool padded = std::ranges::any_of(
      pairs, [&](const TokenPair& pair) { return pair.source.size() < longest; });
  Seq2SeqBatch batch{.source = Tokens({B, S}, tokens.pad),
                     .source_mask = padded ? zeros({B, S}) : Tensor(),
                     .inputs = Tokens({B, T}, tokens.pad),
                     .targets = Tokens({B, T}, no_target)};
  for (int64_t b = 0; b < B; ++b) {
    const auto& [source, target] = pairs[static_cast<size_t>(b)];
    std::ranges::copy(source, batch.source.data() + b * S);
    if (padded) std::fill_n(batch.source_mask.mutable_data() + b * S, source.size(), real(1));
    batch.inputs.data()[b * T] = tokens.start;
    std::copy(target.begin(), target.end() - 1, batch.inputs.data() + b * T + 1);
    std::ranges::copy(target, batch.targets.data() + b * T);
  }
  return batch;
}

EncodedPairs encode_pairs(const Seq2SeqTokenizer& tokenizer, std::span<const TextPair> texts,
                          const PairLengths& most) {
  check_value(most.source >= 2 && most.target >= 2,
              "seq2seq: {} and {} tokens of source and target must be at least 2: one and </s>",
              most.source, most.target);
  EncodedPairs result;
  for (const TextPair& text : texts) {
    TokenPair pair{tokenizer.encode(text.source), tokenizer.encode(text.target)};
    result.sources_cut += close_text(pair.source, most.source, tokenizer.tokens());
    result.targets_cut += close_text(pair.target, most.target, tokenizer.tokens());
    result.pairs.push_back(std::move(pair));
  }
  return result;
}

PairLoader::PairLoader(std::vector<TokenPair> pairs, Seq2SeqTokens tokens, int64_t batch_size,
                       uint64_t seed)
    : pairs_(std::move(pairs)),
      tokens_(std::move(tokens)),
      order_(lengths_of_pairs(pairs_), batch_size, seed) {}

Seq2SeqBatch PairLoader::batch(uint64_t k) const {
  std::vector<TokenPair> chosen;
  for (const int64_t row : order_.batch(k)) chosen.push_back(pairs_[static_cast<size_t>(row)]);
  return batch_of(chosen, tokens_);
}

DenoisingLoader::DenoisingLoader(TokenView text, Seq2SeqTokens tokens,
                                 const DenoisingConfig& settings)
    : rows_(std::move(text), {.batch_size = settings.batch_size,
                              .block_size = settings.length,
                              .seed = settings.seed,
                              .separator = settings.separator}),
      tokens_(std::move(tokens)),
      config_(settings) {
  check_denoising(config_.denoising);
}

Seq2SeqBatch DenoisingLoader::batch(uint64_t k) const {
  return spoiled(rows_.batch(k), k * static_cast<uint64_t>(config_.batch_size), config_, tokens_);
}

DenoisingBlocks::DenoisingBlocks(TokenView text, Seq2SeqTokens tokens,
                                 const DenoisingConfig& settings)
    : rows_(std::move(text), settings.batch_size, settings.length, settings.separator),
      tokens_(std::move(tokens)),
      config_(settings) {
  check_denoising(config_.denoising);
}

// The last, partial row of a text has the number after that of the last full one, so that a row is
// spoiled in the same way whatever the size of the batches.
Seq2SeqBatch DenoisingBlocks::operator[](int64_t i) const {
  const int64_t full_rows = rows_.num_targets() / config_.length;
  const int64_t first = i * config_.batch_size;
  const int64_t number = config_.separator ? first : std::min(first, full_rows);
  return spoiled(rows_[i], static_cast<uint64_t>(number), config_, tokens_);
}

}  // namespace gradus
