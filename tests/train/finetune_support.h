#pragma once
// What the tests of fine-tuning share: a vocabulary of ten words, a tiny BERT and tiny tasks that
// one can learn by heart.

#include "nn/task_model.h"
#include "tests/data/support.h"
#include "train/finetune/fine_tune.h"
#include "train/finetune/span_examples.h"
#include "train/finetune/tag_examples.h"
#include "train/finetune/text_examples.h"

namespace gradus::testing {

/// [PAD], [UNK], [CLS], [SEP], q, w0 ... w9
inline Tokenizer ten_words() {
  std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "q"};
  for (int i = 0; i < 10; ++i) tokens.push_back("w" + std::to_string(i));
  return Tokenizer(WordPieceTokenizer({.tokens = tokens}));
}

inline BERTConfig tiny_encoder() {
  return {.block_size = 16,
          .vocab_size = 15,
          .n_layer = 2,
          .n_head = 2,
          .n_embd = 16,
          .n_inner = 32,
          .init_std = real(0.2)};
}

inline TaskModel tiny_task_model(const TaskConfig& task, uint64_t seed = 3) {
  manual_seed(seed);
  return TaskModel(tiny_encoder(), task);
}

inline TaskConfig task_without_dropout(TaskKind kind, std::vector<std::string> labels = {}) {
  return {.kind = kind, .labels = std::move(labels), .dropout = 0};
}

/// Texts of different lengths, labelled by whether w1, w2 or w3 stands in them.
inline std::vector<LabelledText> three_classes() {
  return {{.text = "w1", .label = "a"},          {.text = "w0 w1 w5", .label = "a"},
          {.text = "w4 w6 w1 w7", .label = "a"}, {.text = "w2 w8", .label = "b"},
          {.text = "w9 w2", .label = "b"},       {.text = "w5 w4 w0 w2", .label = "b"},
          {.text = "w3 w3", .label = "c"},       {.text = "w6 w3", .label = "c"},
          {.text = "w3 w7 w8", .label = "c"}};
}

inline TextExamples class_examples(const std::vector<LabelledText>& texts = three_classes()) {
  return TextExamples(texts, false, task_without_dropout(TaskKind::classification, {"a", "b", "c"}),
                      ten_words(), 16, "test");
}

/// Enough to learn a dozen examples by heart.
inline FineTuneOptions by_heart() {
  return {.epochs = 0, .min_steps = 200, .batch_size = 4, .lr = real(5e-3), .evaluations = 4};
}

/// Copies of all parameters.
inline std::vector<NamedTensor> weights_of(const Module& model) {
  std::vector<NamedTensor> copies;
  for (const NamedTensor& p : model.named_parameters()) {
    copies.push_back({p.name, p.tensor.detach().clone()});
  }
  return copies;
}

}  // namespace gradus::testing
