#pragma once
// Byte-pair encoding (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword
// Units"): a word begins as single bytes; as long as two neighbours are a known pair, the pair of
// lowest rank is merged into one token, the leftmost first among equals. The rank of a pair is
// the order in which training found it.

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "tensor/real.h"

namespace gradus {

/// left, right -> merged, all of them ids.
struct Merge {
  int32_t left, right, merged;
};

/// Two ids as one key.
inline uint64_t pair_key(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

class BPEMerges {
 public:
  BPEMerges() = default;
  /// A merge's place is its rank.
  explicit BPEMerges(std::vector<Merge> by_rank);

  std::span<const Merge> by_rank() const { return merges_; }
  /// Rank of a pair; nothing if it does not merge.
  std::optional<size_t> rank(int32_t left, int32_t right) const;

  /// Merges a word of n tokens until no pair is left, in O(n log n).
  void apply(std::vector<int32_t>& word) const;

  /// One merge of a word: what `apply` does first. `word` is left as it is if nothing merges.
  struct Step {
    size_t rank, position;  // word[position] is the merged token
  };
  std::optional<Step> apply_one(std::vector<int32_t>& word) const;

 private:
  std::vector<Merge> merges_;
  std::unordered_map<uint64_t, size_t> ranks_;  // pair_key -> rank
};

}  // namespace gradus
