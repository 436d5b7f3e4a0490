#include "nn/pretrained/text_embedder.h"

#include <algorithm>
#include <numeric>

#include "autograd/mode.h"
#include "nn/similarity.h"
#include "nn/task_model.h"
#include "tensor/errors.h"

namespace gradus {

TextEmbedder::TextEmbedder(Tokenizer words, Trunk network)
    : tokenizer_(std::move(words)), model_(std::move(network)) {
  const int64_t known = std::visit([](const auto& m) { return m.config.vocab_size; }, model_);
  check_value(tokenizer_.vocab_size() <= known,
              "TextEmbedder: the tokenizer has {} tokens, the model {}", tokenizer_.vocab_size(),
              known);
}

TextEmbedder TextEmbedder::load(const std::filesystem::path& directory) {
  Trunk network = load_trunk(directory);
  return {Tokenizer::load(directory), std::move(network)};
}

int64_t TextEmbedder::width() const {
  return std::visit([](const auto& m) { return m.config.n_embd; }, model_);
}

int64_t TextEmbedder::most_tokens() const {
  return std::visit([](const auto& m) { return m.config.block_size; }, model_);
}

Tensor TextEmbedder::pooled(std::span<const Encoding> encodings) const {
  const EncodedBatch batch = pad(encodings, format_of(tokenizer_).pad);  // (B, T)
  const BERT* bert = std::get_if<BERT>(&model_);
  const Tensor x = bert != nullptr ? bert->hidden(batch.ids, batch.types, batch.key_mask)
                                   : std::get<GPT>(model_).hidden(batch.ids);  // (B, T, C)
  return unit_rows(mean_pooled(x, batch.key_mask));                            // (B, C)
}

TextEmbeddings TextEmbedder::embed(std::span<const std::string> texts,
                                   const EmbedOptions& options) const {
  check_value(!texts.empty(), "embed: there are no texts");
  check_value(options.batch_size > 0, "embed: batch size {} must be positive", options.batch_size);
  const EvalMode evaluation;
  std::vector<Encoding> encodings;
  TextEmbeddings result;
  for (const std::string& text : texts) {
    encodings.push_back(encode(tokenizer_, text, {.max_length = most_tokens()}));
    check_value(!encodings.back().ids.empty(), "embed: text {} has no tokens", encodings.size());
    if (encodings.back().dropped > 0) ++result.truncated;
  }
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return encodings[i].ids.size(); });

  const auto N = static_cast<int64_t>(texts.size()), C = width();
  result.rows = empty({N, C});
  for (int64_t begin = 0; begin < N; begin += options.batch_size) {
    const int64_t count = std::min(options.batch_size, N - begin);
    std::vector<Encoding> batch;
    for (int64_t i = begin; i < begin + count; ++i) {
      batch.push_back(std::move(encodings[order[static_cast<size_t>(i)]]));
    }
    const Tensor rows = pooled(batch);
    for (int64_t i = 0; i < count; ++i) {
      const auto place = static_cast<int64_t>(order[static_cast<size_t>(begin + i)]);
      result.rows.select(0, place).copy_(rows.select(0, i));
    }
    if (options.on_batch) options.on_batch(begin + count);
  }
  return result;
}

}  // namespace gradus
