#pragma once
// Texts as vectors: the mean of a model's last hidden states over the tokens of a text, of length
// 1. The cosine of two texts is then the dot product of their vectors (similarity.h searches).
//
//   const TextEmbedder embedder = TextEmbedder::load("runs/bert");
//   Tensor rows = embedder.embed(sentences).rows;   // (N, C)

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "data/encoding.h"
#include "nn/pretrained/trunk.h"

namespace gradus {

struct EmbedOptions {
  int64_t batch_size = 32;
  /// Told how many texts are done, after every batch.
  std::function<void(int64_t done)> on_batch = {};
};

struct TextEmbeddings {
  Tensor rows;            // (N, C), in the order of the texts, each of length 1
  int64_t truncated = 0;  // texts that were longer than the model reads
};

class TextEmbedder {
 public:
  /// Throws ValueError if the tokenizer has more tokens than the model.
  TextEmbedder(Tokenizer words, Trunk network);
  /// The model of any BERT or GPT directory, pre-trained or fine-tuned, and its tokenizer. Throws
  /// FileError.
  static TextEmbedder load(const std::filesystem::path& directory);

  int64_t width() const;
  /// Texts of similar length are computed together, so that little is padded. What frames a text
  /// counts as tokens of it. Throws ValueError for no texts, for a text without any token, naming
  /// its number, and for text that the vocabulary cannot express.
  TextEmbeddings embed(std::span<const std::string> texts, const EmbedOptions& options = {}) const;

 private:
  int64_t most_tokens() const;
  Tensor pooled(std::span<const Encoding> encodings) const;

  Tokenizer tokenizer_;
  Trunk model_;
};

}  // namespace gradus
