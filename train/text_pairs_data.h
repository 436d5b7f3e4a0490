#pragma once
// Pairs to learn from and pairs to be measured on, from files or from the built-in corpus.

#include <string>
#include <vector>

#include "data/text_pairs.h"
#include "train/finetune/task_data.h"

namespace gradus {

/// builtin or builtin:summary (a story and its summary), builtin:names (a story and the names in
/// it), builtin:question (a story with a part between stars, and the question that it answers),
/// builtin:answer (a question with its story, and the answer).
bool is_builtin_pairs(const std::string& source);

/// A table of pairs, or the part of the built-in corpus: 60,000 pairs to learn from, 1,000 each to
/// be measured on. Throws FileError as read_text_pairs does and ValueError for a built-in task that
/// does not exist.
std::vector<TextPair> read_pairs(const std::string& source, Part part);

struct SplitPairs {
  std::vector<TextPair> train, dev;
};
/// Both; without `dev` the built-in corpus has a part for it, and of a file a tenth is held out,
/// one pair at least, by a shuffle that depends on the seed alone.
SplitPairs read_split_pairs(const std::string& train, const std::string& dev, uint64_t seed);

}  // namespace gradus
