#include "data/pair_counts.h"

#include <algorithm>
#include <set>

namespace gradus {

PairCounts::PairCounts(std::vector<Word> words) : words_(std::move(words)) {
  for (size_t w = 0; w < words_.size(); ++w) {
    const std::vector<int32_t>& ids = words_[w].ids;
    count_word(words_[w], 1);
    for (size_t i = 0; i + 1 < ids.size(); ++i) note_word(pairs_[pair_key(ids[i], ids[i + 1])], w);
  }
}

int64_t PairCounts::count(int32_t left, int32_t right) const {
  const auto found = pairs_.find(pair_key(left, right));
  return found == pairs_.end() ? 0 : found->second.count;
}

int64_t PairCounts::count(int32_t id) const {
  const auto i = static_cast<size_t>(id);
  return i < tokens_.size() ? tokens_[i] : 0;
}

std::vector<uint64_t> PairCounts::pairs() const {
  std::vector<uint64_t> keys;
  for (const auto& [key, pair] : pairs_) keys.push_back(key);
  std::ranges::sort(keys);
  return keys;
}

// Adds the tokens and the pairs of a word, or takes them away: sign is 1 or -1.
void PairCounts::count_word(const Word& word, int64_t sign) {
  for (size_t i = 0; i < word.ids.size(); ++i) {
    const auto id = static_cast<size_t>(word.ids[i]);
    if (id >= tokens_.size()) tokens_.resize(id + 1);
    tokens_[id] += sign * word.count;
    if (i + 1 == word.ids.size()) continue;
    pairs_[pair_key(word.ids[i], word.ids[i + 1])].count += sign * word.count;
  }
}

void PairCounts::note_word(Pair& pair, size_t word) {
  if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
}

std::vector<uint64_t> PairCounts::merge(const Merge& merge) {
  const auto found = pairs_.find(pair_key(merge.left, merge.right));
  if (found == pairs_.end()) return {};
  const std::vector<size_t> words = std::move(found->second.words);
  std::vector<int32_t> merged;
  std::set<uint64_t> changed;
  for (const size_t w : words) {
    Word& word = words_[w];
    merged.clear();
    for (size_t i = 0; i < word.ids.size(); ++i) {
      const bool here =
          word.ids[i] == merge.left && i + 1 < word.ids.size() && word.ids[i + 1] == merge.right;
      merged.push_back(here ? merge.merged : word.ids[i]);
      if (here) ++i;
    }
    if (merged.size() == word.ids.size()) continue;
    count_word(word, -1);
    word.ids = merged;
    count_word(word, 1);
    for (size_t i = 0; i + 1 < merged.size(); ++i) {
      if (merged[i] != merge.merged && merged[i + 1] != merge.merged) continue;
      const uint64_t key = pair_key(merged[i], merged[i + 1]);
      note_word(pairs_[key], w);
      changed.insert(key);
    }
  }
  pairs_.erase(pair_key(merge.left, merge.right));
  return {changed.begin(), changed.end()};
}

}  // namespace gradus
