#include "train/text_pairs_data.h"

#include <algorithm>

#include "data/random_stream.h"
#include "data/stories/tasks.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using MakePairs = std::vector<TextPair> (*)(uint64_t seed, int64_t count);
constexpr std::pair<const char*, MakePairs> builtin_pair_tasks[] = {
    {"builtin", stories::summaries},
    {"builtin:summary", stories::summaries},
    {"builtin:names", stories::name_lists},
    {"builtin:question", stories::questions_to_ask},
    {"builtin:answer", stories::answers}};

// The seeds of the other tasks on the built-in corpus: no part shares a story with another.
uint64_t seed_of_part(Part part) { return part == Part::train ? 11 : part == Part::dev ? 12 : 13; }

}  // namespace

bool is_builtin_pairs(const std::string& source) {
  return source == builtin_task || source.starts_with(std::string(builtin_task) + ":");
}

std::vector<TextPair> read_pairs(const std::string& source, Part part) {
  if (!is_builtin_pairs(source)) return read_text_pairs(source).rows;
  for (const auto& [name, make] : builtin_pair_tasks) {
    if (source == name) return make(seed_of_part(part), part == Part::train ? 60000 : 1000);
  }
  throw ValueError(
      fmt::format("there is no built-in task '{}'; there are builtin:summary, builtin:names, "
                  "builtin:question and builtin:answer",
                  source));
}

SplitPairs read_split_pairs(const std::string& train, const std::string& dev, uint64_t seed) {
  SplitPairs pairs{read_pairs(train, Part::train), {}};
  if (!dev.empty() || is_builtin_pairs(train)) {
    pairs.dev = read_pairs(dev.empty() ? train : dev, Part::dev);
    return pairs;
  }
  check_value(pairs.train.size() >= 2, "{}: one pair is too few to hold out a tenth; give --dev",
              train);
  RandomStream random(seed, "seq2seq/split", 0, 0);
  shuffle(pairs.train, random);
  const size_t held_out = std::max<size_t>(1, pairs.train.size() / 10);
  const auto border = pairs.train.end() - static_cast<std::ptrdiff_t>(held_out);
  pairs.dev.assign(border, pairs.train.end());
  pairs.train.erase(border, pairs.train.end());
  return pairs;
}

}  // namespace gradus
