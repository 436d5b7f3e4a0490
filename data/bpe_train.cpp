#include "data/bpe_train.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>

#include "data/byte_level.h"
#include "data/gpt2_split.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using WordCounts = std::unordered_map<std::string_view, int64_t>;

WordCounts count_words(std::string_view text, const AddedTokens& special) {
  WordCounts counts;
  for (const AddedTokens::Segment& segment : special.split(text)) {
    if (segment.id) continue;
    for (size_t begin = 0, end = 0; begin < segment.text.size(); begin = end) {
      end = gpt2_piece_end(segment.text, begin);
      ++counts[segment.text.substr(begin, end - begin)];
    }
  }
  return counts;
}

// Everything the text contains, as counts: the text itself is not looked at again.
class PairCounts {
 public:
  /// Words in tokens of single bytes; `first_byte_id` + i is the id of byte_level_order()[i].
  PairCounts(BPEVocabulary& vocabulary, const WordCounts& counts, size_t first_byte_id);

  /// Makes the most frequent pair a token; false if there is no pair.
  bool merge_most_frequent();

 private:
  struct Word {
    std::vector<int32_t> ids;
    int64_t count;  // how often the text has it
  };
  struct Pair {
    int64_t count = 0;          // in the text
    std::vector<size_t> words;  // that have, or had, the pair
  };
  // A pair with the count that it had when it was queued. Counts may have fallen since.
  struct Queued {
    int64_t count;
    int32_t left, right;
  };
  // What merges later: the smaller count, and of equal counts the smaller bytes.
  struct Later {
    const std::vector<std::string>* tokens;
    const std::string& bytes(int32_t id) const { return (*tokens)[static_cast<size_t>(id)]; }
    bool operator()(const Queued& a, const Queued& b) const {
      if (a.count != b.count) return a.count < b.count;
      return std::tie(bytes(a.left), bytes(a.right)) < std::tie(bytes(b.left), bytes(b.right));
    }
  };

  void count_pairs(const Word& word, int64_t sign);
  void note_pairs_with(int32_t id, size_t word, std::set<uint64_t>& noted);
  void merge(const Merge& merge);
  int32_t id_of_merged(const Queued& pair);

  BPEVocabulary& vocabulary_;
  std::vector<Word> words_;
  std::unordered_map<uint64_t, Pair> pairs_;  // by pair_key
  std::unordered_map<std::string, int32_t> ids_;
  std::priority_queue<Queued, std::vector<Queued>, Later> queue_;
};

PairCounts::PairCounts(BPEVocabulary& vocabulary, const WordCounts& counts, size_t first_byte_id)
    : vocabulary_(vocabulary), queue_(Later{&vocabulary.tokens}) {
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    ids_.emplace(vocabulary.tokens[id], static_cast<int32_t>(id));
  }
  std::array<int32_t, 256> byte_ids{};
  for (size_t i = 0; i < 256; ++i) {
    byte_ids[byte_level_order()[i]] = static_cast<int32_t>(first_byte_id + i);
  }
  for (const auto& [text, count] : counts) {
    Word& word = words_.emplace_back(Word{{}, count});
    for (const char byte : text) word.ids.push_back(byte_ids[static_cast<unsigned char>(byte)]);
  }
  for (size_t w = 0; w < words_.size(); ++w) {
    const std::vector<int32_t>& ids = words_[w].ids;
    count_pairs(words_[w], 1);
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      std::vector<size_t>& with_pair = pairs_[pair_key(ids[i], ids[i + 1])].words;
      if (with_pair.empty() || with_pair.back() != w) with_pair.push_back(w);
    }
  }
  for (const auto& [key, pair] : pairs_) {
    queue_.push({pair.count, static_cast<int32_t>(key >> 32), static_cast<int32_t>(key)});
  }
}

// Adds the pairs of a word, or takes them away: sign is 1 or -1.
void PairCounts::count_pairs(const Word& word, int64_t sign) {
  for (size_t i = 0; i + 1 < word.ids.size(); ++i) {
    pairs_[pair_key(word.ids[i], word.ids[i + 1])].count += sign * word.count;
  }
}

// Two different pairs may spell the same bytes; they become the same token.
int32_t PairCounts::id_of_merged(const Queued& pair) {
  std::vector<std::string>& tokens = vocabulary_.tokens;
  const std::string bytes =
      tokens[static_cast<size_t>(pair.left)] + tokens[static_cast<size_t>(pair.right)];
  const auto [place, is_new] = ids_.emplace(bytes, static_cast<int32_t>(tokens.size()));
  if (is_new) tokens.push_back(bytes);
  return place->second;
}

bool PairCounts::merge_most_frequent() {
  while (!queue_.empty()) {
    Queued top = queue_.top();
    queue_.pop();
    const auto found = pairs_.find(pair_key(top.left, top.right));
    const int64_t count = found == pairs_.end() ? 0 : found->second.count;
    if (count == 0) continue;
    if (count < top.count) {  // others may be more frequent by now
      top.count = count;
      queue_.push(top);
      continue;
    }
    merge({top.left, top.right, id_of_merged(top)});
    return true;
  }
  return false;
}

// Merges a pair in every word that has it. Only pairs with the merged token become more frequent.
void PairCounts::merge(const Merge& merge) {
  vocabulary_.merges.push_back(merge);
  const auto found = pairs_.find(pair_key(merge.left, merge.right));
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
    count_pairs(word, -1);
    word.ids = merged;
    count_pairs(word, 1);
    note_pairs_with(merge.merged, w, changed);
  }
  pairs_.erase(pair_key(merge.left, merge.right));
  for (const uint64_t key : changed) {
    queue_.push({pairs_[key].count, static_cast<int32_t>(key >> 32), static_cast<int32_t>(key)});
  }
}

// Notes which pairs of a word have this token.
void PairCounts::note_pairs_with(int32_t id, size_t w, std::set<uint64_t>& noted) {
  const std::vector<int32_t>& ids = words_[w].ids;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    if (ids[i] != id && ids[i + 1] != id) continue;
    const uint64_t key = pair_key(ids[i], ids[i + 1]);
    std::vector<size_t>& with_pair = pairs_[key].words;
    if (with_pair.empty() || with_pair.back() != w) with_pair.push_back(w);
    noted.insert(key);
  }
}

// Special tokens and bytes.
BPEVocabulary first_tokens(const std::vector<std::string>& special) {
  BPEVocabulary vocabulary;
  for (const std::string& token : special) {
    check_utf8("BPE training: a special token", token);
    check_value(token.size() >= 2, "BPE training: the special token '{}' has fewer than two bytes",
                token);
    for (const std::string& other : vocabulary.tokens) {
      check_value(token != other, "BPE training: the special token '{}' is given twice", token);
    }
    vocabulary.added.push_back({static_cast<int32_t>(vocabulary.tokens.size())});
    vocabulary.tokens.push_back(token);
  }
  for (const unsigned char byte : byte_level_order()) {
    vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
  }
  return vocabulary;
}

void check_size(int64_t vocab_size, const BPEVocabulary& first, size_t special) {
  const int64_t smallest = static_cast<int64_t>(first.tokens.size());
  check_value(vocab_size >= smallest && vocab_size <= std::numeric_limits<int32_t>::max(),
              "BPE training: a vocabulary of {} tokens, it must have at least {} (256 bytes and {} "
              "special) and fewer than 2^31",
              vocab_size, smallest, special);
}

// The pieces of a text between its special tokens.
WordCounts count_words(std::string_view text, const BPEVocabulary& first) {
  return count_words(text, BPETokenizer(first).added_tokens());
}

}  // namespace

BPETokenizer train_bpe(std::string_view text, int64_t vocab_size,
                       const std::vector<std::string>& special) {
  BPEVocabulary vocabulary = first_tokens(special);
  check_size(vocab_size, vocabulary, special.size());
  PairCounts pairs(vocabulary, count_words(text, vocabulary), special.size());
  while (static_cast<int64_t>(vocabulary.tokens.size()) < vocab_size) {
    if (!pairs.merge_most_frequent()) break;
  }
  return BPETokenizer(std::move(vocabulary));
}

BPETokenizer train_words(std::string_view text, int64_t vocab_size,
                         const std::vector<std::string>& special) {
  BPEVocabulary vocabulary = first_tokens(special);
  check_size(vocab_size, vocabulary, special.size());
  vocabulary.ignore_merges = true;
  std::vector<std::pair<int64_t, std::string_view>> words;
  for (const auto& [word, count] : count_words(text, vocabulary)) {
    if (word.size() > 1) words.emplace_back(-count, word);  // single bytes are there
  }
  std::sort(words.begin(), words.end());  // the most frequent first
  const size_t room = static_cast<size_t>(vocab_size) - vocabulary.tokens.size();
  for (size_t i = 0; i < std::min(room, words.size()); ++i) {
    vocabulary.tokens.emplace_back(words[i].second);
  }
  return BPETokenizer(std::move(vocabulary));
}

}  // namespace gradus
