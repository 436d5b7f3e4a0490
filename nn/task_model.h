#pragma once
// Fine-tuning puts one linear layer on a pre-trained model (Devlin et al. 2019, §4). All tasks are
// that layer: on [CLS] for what is said of a whole text or pair, on every token for tags and spans.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nn/bert.h"
#include "nn/gpt.h"

namespace gradus {

enum class TaskKind { classification, multi_label, regression, tagging, spans };

/// What is read of a whole text: the token in which the model gathers it, or the mean of all tokens
/// (Reimers & Gurevych 2019, Sentence-BERT, §3). BERT's token is [CLS], under its pooler; a GPT's
/// is the last one.
enum class Pooling { token, mean };
const char* name_of(Pooling pooling);

/// How fine-tuning read its texts, and predictions must read theirs. Absent: as the model can.
struct TaskReading {
  std::optional<int64_t> max_length = {}, doc_stride = {};  // ids
  std::optional<bool> pairs = {};                           // whether texts come in twos
  std::optional<real> null_threshold = {};                  // of the empty answer (SQuAD 2.0)

  bool operator==(const TaskReading&) const = default;
};

struct TaskConfig {
  TaskKind kind = TaskKind::classification;
  std::vector<std::string> labels = {};  // of classes or tags; regression and spans have none
  real dropout = real(0.1);              // before the head
  Pooling pooling = Pooling::token;      // where a whole text is read
  TaskReading reading = {};

  bool operator==(const TaskConfig&) const = default;
  bool reads_tokens() const { return kind == TaskKind::tagging || kind == TaskKind::spans; }
  /// Numbers that the head gives: one per label; 1 for regression; 2 for spans, begin and end.
  int64_t outputs() const;
};

using BackboneConfig = std::variant<BERTConfig, GPTConfig>;

/// A BERT or a GPT under a linear head. Parameters: bert or gpt; pooler, where [CLS] is read; and
/// classifier. A GPT sees a text to its end at its last token alone, and is read there unless the
/// mean is asked for; its head for the next token is not part of it.
struct TaskModel : Module {
  /// Throws ValueError for impossible sizes, for a GPT under a head that reads every token, and for
  /// the mean of what is read token by token.
  TaskModel(const BackboneConfig& backbone, TaskConfig t);
  TaskConfig task;
  std::optional<BERT> bert;
  std::optional<GPT> gpt;
  std::optional<Pooler> pooler;
  Dropout drop = child("drop", Dropout(task.dropout));
  std::optional<Linear> classifier;

  /// ids and types (B, T), key_mask (B, T) or undefined -> logits (B, outputs), or (B, T, outputs)
  /// where every token is read.
  Tensor operator()(const Tokens& ids, const Tokens& types, const Tensor& key_mask = {}) const;
  /// Hidden states after the last layer (B, T, C).
  Tensor hidden(const Tokens& ids, const Tokens& types, const Tensor& key_mask = {}) const;
  /// What of the hidden states (B, T, C) the head has to see: all, or (B, 1, C) of a whole text.
  Tensor gathered(const Tensor& hidden, const Tensor& key_mask = {}) const;
  /// The head's logits of what is gathered.
  Tensor head(const Tensor& gathered) const;
  BackboneConfig backbone() const;
  int64_t n_embd() const;
  int64_t block_size() const;
  int64_t n_layer() const;
};

/// The mean of the hidden states (B, T, C) over all tokens that are no padding -> (B, C).
Tensor mean_pooled(const Tensor& hidden, const Tensor& key_mask = {});

/// Where the last token of every row stands among all B T, counted row by row -> (B)
Tokens last_positions(const Shape& batch, const Tensor& key_mask = {});

}  // namespace gradus
