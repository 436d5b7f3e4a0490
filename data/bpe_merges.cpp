#include "data/bpe_merges.h"

#include <functional>
#include <queue>
#include <utility>

namespace gradus {
namespace {

constexpr size_t no_symbol = ~size_t{0};

// The tokens of a word as a linked list: merging two of them moves no others.
struct Symbol {
  int32_t id;  // -1 once it has become part of its left neighbour
  size_t previous, next;
};

std::vector<Symbol> linked(std::span<const int32_t> word) {
  std::vector<Symbol> symbols(word.size());
  for (size_t i = 0; i < word.size(); ++i) symbols[i] = {word[i], i - 1, i + 1};  // -1: no_symbol
  symbols.back().next = no_symbol;
  return symbols;
}

// Pairs that may be merged: lowest rank first, then leftmost.
using Candidate = std::pair<size_t, size_t>;  // rank, place of the left symbol
using Candidates = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

}  // namespace

BPEMerges::BPEMerges(std::vector<Merge> by_rank) : merges_(std::move(by_rank)) {
  ranks_.reserve(merges_.size());
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    ranks_.emplace(pair_key(merges_[rank].left, merges_[rank].right), rank);
  }
}

std::optional<size_t> BPEMerges::rank(int32_t left, int32_t right) const {
  const auto found = ranks_.find(pair_key(left, right));
  if (found == ranks_.end()) return {};
  return found->second;
}

void BPEMerges::apply(std::vector<int32_t>& word) const {
  if (word.size() < 2) return;
  std::vector<Symbol> symbols = linked(word);
  Candidates candidates;
  const auto add_candidate = [&](size_t place) {
    if (place == no_symbol || symbols[place].next == no_symbol) return;
    const auto known = rank(symbols[place].id, symbols[symbols[place].next].id);
    if (known) candidates.emplace(*known, place);
  };
  for (size_t i = 0; i < symbols.size(); ++i) add_candidate(i);

  while (!candidates.empty()) {
    const auto [rank, place] = candidates.top();
    candidates.pop();
    const Merge& merge = merges_[rank];
    Symbol& left = symbols[place];
    // An earlier merge may have taken one of the two away.
    if (left.id != merge.left || left.next == no_symbol) continue;
    Symbol& right = symbols[left.next];
    if (right.id != merge.right) continue;
    left.id = merge.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next != no_symbol) symbols[left.next].previous = place;
    add_candidate(left.previous);
    add_candidate(place);
  }
  word.clear();
  for (size_t i = 0; i != no_symbol; i = symbols[i].next) word.push_back(symbols[i].id);
}

std::optional<BPEMerges::Step> BPEMerges::apply_one(std::vector<int32_t>& word) const {
  std::optional<Step> best;
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    const auto known = rank(word[i], word[i + 1]);
    if (known && (!best || *known < best->rank)) best = {*known, i};
  }
  if (!best) return {};
  word[best->position] = merges_[best->rank].merged;
  word.erase(word.begin() + static_cast<std::ptrdiff_t>(best->position) + 1);
  return best;
}

}  // namespace gradus
