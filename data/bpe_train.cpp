#include "data/bpe_train.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <span>
#include <tuple>
#include <unordered_map>

#include "data/byte_level.h"
#include "data/gpt2_split.h"
#include "data/pair_counts.h"
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

// The words of a text as single bytes; `first_byte_id` + i is the id of byte_level_order()[i].
std::vector<PairCounts::Word> words_in_bytes(const WordCounts& counts, size_t first_byte_id) {
  std::array<int32_t, 256> byte_ids{};
  for (size_t i = 0; i < 256; ++i) {
    byte_ids[byte_level_order()[i]] = static_cast<int32_t>(first_byte_id + i);
  }
  std::vector<PairCounts::Word> words;
  for (const auto& [text, count] : counts) {
    PairCounts::Word& word = words.emplace_back(PairCounts::Word{{}, count});
    for (const char byte : text) word.ids.push_back(byte_ids[static_cast<unsigned char>(byte)]);
  }
  return words;
}

// Finds the most frequent pair.
class BPEMerger {
 public:
  BPEMerger(BPEVocabulary& vocabulary, const WordCounts& counts, size_t first_byte_id);

  /// Makes the most frequent pair a token; false if there is no pair.
  bool merge_most_frequent();

 private:
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

  void queue(std::span<const uint64_t> pairs);
  int32_t id_of_merged(const Queued& pair);

  BPEVocabulary& vocabulary_;
  PairCounts pairs_;
  std::unordered_map<std::string, int32_t> ids_;
  std::priority_queue<Queued, std::vector<Queued>, Later> queue_;
};

BPEMerger::BPEMerger(BPEVocabulary& vocabulary, const WordCounts& counts, size_t first_byte_id)
    : vocabulary_(vocabulary),
      pairs_(words_in_bytes(counts, first_byte_id)),
      queue_(Later{&vocabulary.tokens}) {
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    ids_.emplace(vocabulary.tokens[id], static_cast<int32_t>(id));
  }
  queue(pairs_.pairs());
}

void BPEMerger::queue(std::span<const uint64_t> pairs) {
  for (const uint64_t key : pairs) {
    const int32_t left = left_of(key), right = right_of(key);
    queue_.push({pairs_.count(left, right), left, right});
  }
}

// Two different pairs may spell the same bytes; they become the same token.
int32_t BPEMerger::id_of_merged(const Queued& pair) {
  std::vector<std::string>& tokens = vocabulary_.tokens;
  const std::string bytes =
      tokens[static_cast<size_t>(pair.left)] + tokens[static_cast<size_t>(pair.right)];
  const auto [place, is_new] = ids_.emplace(bytes, static_cast<int32_t>(tokens.size()));
  if (is_new) tokens.push_back(bytes);
  return place->second;
}

bool BPEMerger::merge_most_frequent() {
  while (!queue_.empty()) {
    Queued top = queue_.top();
    queue_.pop();
    const int64_t count = pairs_.count(top.left, top.right);
    if (count == 0) continue;
    if (count < top.count) {  // others may be more frequent by now
      top.count = count;
      queue_.push(top);
      continue;
    }
    vocabulary_.merges.push_back({top.left, top.right, id_of_merged(top)});
    queue(pairs_.merge(vocabulary_.merges.back()));
    return true;
  }
  return false;
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
  BPEMerger merger(vocabulary, count_words(text, vocabulary), special.size());
  while (static_cast<int64_t>(vocabulary.tokens.size()) < vocab_size) {
    if (!merger.merge_most_frequent()) break;
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
