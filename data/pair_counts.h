#pragma once
// The books that learning a vocabulary by merges keeps: words as tokens, and how often each token
// and each pair of neighbours occurs. A merge touches only the words that have the pair.

#include <unordered_map>
#include <vector>

#include "data/bpe_merges.h"

namespace gradus {

class PairCounts {
 public:
  struct Word {
    std::vector<int32_t> ids;
    int64_t count;  // how often the text has it
  };

  explicit PairCounts(std::vector<Word> words);

  /// How often the text has the pair.
  int64_t count(int32_t left, int32_t right) const;
  /// How often the text has the token.
  int64_t count(int32_t id) const;
  /// All pairs that there are, by pair_key, in ascending order.
  std::vector<uint64_t> pairs() const;
  /// Merges a pair in every word that has it, from the left. Returns the pairs with the merged
  /// token, in ascending order: no others have become more frequent.
  std::vector<uint64_t> merge(const Merge& merge);

 private:
  struct Pair {
    int64_t count = 0;          // in the text
    std::vector<size_t> words;  // that have, or had, the pair
  };

  void count_word(const Word& word, int64_t sign);
  void note_word(Pair& pair, size_t word);

  std::vector<Word> words_;
  std::unordered_map<uint64_t, Pair> pairs_;  // by pair_key
  std::vector<int64_t> tokens_;               // counts by id
};

/// The two ids of a pair_key.
inline int32_t left_of(uint64_t key) { return static_cast<int32_t>(key >> 32); }
inline int32_t right_of(uint64_t key) { return static_cast<int32_t>(key & 0xffffffffu); }

}  // namespace gradus
