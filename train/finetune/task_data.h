#pragma once
// What a task is learned from and measured on, read from files or taken from the built-in corpus,
// and the predictions without a network that every result is read against.

#include <filesystem>
#include <memory>
#include <optional>
#include <variant>

#include "data/labelled.h"
#include "data/span_features.h"
#include "data/tokenizer.h"
#include "nn/task_model.h"
#include "train/finetune/examples.h"

namespace gradus {

/// sentiment: any classes, numbers or labels of texts. pairs: the same of pairs of texts.
enum class TaskName { sentiment, pairs, ner, qa };
/// Parts of the built-in corpus: different stories in each.
enum class Part { train, dev, test };

inline constexpr const char* builtin_task = "builtin";

struct TaskData {
  TaskName task = TaskName::sentiment;
  std::string source = {};  // file, or "builtin"
  std::variant<std::vector<LabelledText>, std::vector<TaggedSentence>, std::vector<SpanQuestion>>
      rows = {};
  std::vector<std::string> notes = {};  // what was left out

  int64_t size() const;
  /// Some of the rows.
  TaskData taken(std::span<const int64_t> chosen) const;
  /// `count` rows, or all if that is 0 or there are no more, by a shuffle that depends on the seed
  /// alone: more rows of a seed begin with fewer.
  TaskData sample(int64_t count, uint64_t seed) const;
  /// A tenth of the rows, two at least, and the others; questions about a context stay together.
  /// Throws ValueError if that leaves nothing to learn from.
  std::pair<TaskData, TaskData> split(uint64_t seed) const;
};

/// Reads a file, or the part of the built-in corpus: 5,000 examples for training, 1,000 for dev
/// and test each. `kind` tells what the labels of texts are. Throws FileError for what is not in
/// the task's format.
TaskData read_task_data(TaskName task, const std::string& source, Part part,
                        const TextColumns& columns = {}, TaskKind kind = TaskKind::classification);

/// The head that these examples need. `kind` tells what their labels are; words and spans know it.
/// If a question has no answer, the empty one is allowed: its threshold is 0, as in run_squad.py.
TaskConfig task_of(const TaskData& train, TaskKind kind, real dropout);

/// A sentence about a part with fewer than 30 examples to be measured on: there a share of one half
/// has a standard error of 9 points and more.
std::optional<std::string> few_examples(const std::string& part, int64_t examples);

struct ReadingOptions {
  int64_t max_length = 512;  // ids
  int64_t doc_stride = 128;  // between a context's windows
};
/// What a model of block_size positions reads; 0 stands for its default.
ReadingOptions reading_options(TaskName task, int64_t block_size, int64_t max_length,
                               int64_t doc_stride);
/// The same for questions, which get half of the room at most.
SpanOptions span_options(const ReadingOptions& options);
/// Throws ValueError if the tokenizer has more tokens than the model.
void check_vocabulary(const Tokenizer& tokenizer, const BackboneConfig& model,
                      const std::string& directory);

std::unique_ptr<Examples> make_examples(const TaskData& data, const TaskConfig& task,
                                        const Tokenizer& tokenizer, const ReadingOptions& options);

/// A prediction that needs no network.
struct Baseline {
  std::string name;
  Score score;
};
/// Learned from `train` and measured on `dev`, whose examples are passed as well: majority class
/// and bag of words for texts, the most frequent tag, the most similar sentence.
std::vector<Baseline> baselines(const TaskConfig& task, const TaskData& train,
                                const Examples& train_examples, const TaskData& dev,
                                const Examples& dev_examples, uint64_t seed);

}  // namespace gradus
