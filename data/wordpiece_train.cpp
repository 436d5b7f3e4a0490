#include "data/wordpiece_train.h"

#include <algorithm>
#include <limits>
#include <map>
#include <queue>
#include <tuple>
#include <unordered_set>

#include "data/pair_counts.h"
#include "data/utf8.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

constexpr std::string_view continues = WordPieceTokenizer::prefix;

using TextCounts = std::unordered_map<std::string, int64_t>;

std::string spelled_character(char32_t c) {
  std::string text;
  append_utf8(text, c);
  return text;
}

// The words of a text, without those that are too long to be known.
TextCounts count_bert_words(std::string_view text, const WordPieceVocabulary& vocabulary) {
  std::vector<AddedTokens::Entry> special;
  for (const char* token : bert_tokens) special.push_back({token, 0});
  TextCounts counts;
  BertWord word;
  for (const AddedTokens::Segment& segment : AddedTokens(special).split(text)) {
    if (segment.id) continue;
    BertWordReader reader(segment.text, vocabulary.text);
    while (reader.next(word)) {
      const auto characters = static_cast<int64_t>(word.starts.size());
      if (characters <= vocabulary.max_characters) ++counts[word.text];
    }
  }
  return counts;
}

// A word's characters as tokens: all but the first continue it.
std::vector<std::string> in_characters(std::string_view word) {
  std::vector<std::string> tokens;
  for (size_t at = 0, length = 0; at < word.size(); at += length) {
    length = decode_utf8(word, at).length;
    tokens.push_back(at == 0 ? "" : std::string(continues));
    tokens.back() += word.substr(at, length);
  }
  return tokens;
}

// The most frequent characters, the most frequent first.
std::vector<char32_t> alphabet_of(const TextCounts& words, int64_t limit) {
  std::map<char32_t, int64_t> counts;
  for (const auto& [word, count] : words) {
    for (size_t at = 0, length = 0; at < word.size(); at += length) {
      const CodePoint c = decode_utf8(word, at);
      counts[c.value] += count;
      length = c.length;
    }
  }
  std::vector<char32_t> alphabet;
  for (const auto& [c, count] : counts) alphabet.push_back(c);
  std::ranges::stable_sort(alphabet, std::greater{}, [&](char32_t c) { return counts.at(c); });
  alphabet.resize(std::min(alphabet.size(), static_cast<size_t>(std::max<int64_t>(0, limit))));
  return alphabet;
}

// Tokens, each of them once.
class TokenList {
 public:
  explicit TokenList(std::vector<std::string>& tokens) : tokens_(tokens) {}

  int32_t add(const std::string& token) {
    const auto [place, is_new] = ids_.emplace(token, static_cast<int32_t>(tokens_.size()));
    if (is_new) tokens_.push_back(token);
    return place->second;
  }
  bool has(const std::string& token) const { return ids_.contains(token); }
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  const std::string& operator[](int32_t id) const { return tokens_[static_cast<size_t>(id)]; }

 private:
  std::vector<std::string>& tokens_;
  std::unordered_map<std::string, int32_t> ids_;
};

// Special tokens and the alphabet; a character that is always a word of its own never continues.
void add_first_tokens(TokenList& tokens, const TextCounts& words, int64_t vocab_size,
                      const BertTextOptions& options, const WordPieceTraining& training) {
  for (const char* token : bert_tokens) tokens.add(token);
  for (const char32_t c : alphabet_of(words, training.alphabet_limit)) {
    const std::string character = spelled_character(c);
    tokens.add(character);
    const bool alone = bert_role(c, options) == BertRole::alone;
    if (!alone) tokens.add(std::string(continues) + character);
  }
  check_value(vocab_size >= tokens.size() && vocab_size <= std::numeric_limits<int32_t>::max(),
              "WordPiece training: a vocabulary of {} tokens, it must have at least {} ({} special "
              "and the alphabet) and fewer than 2^31",
              vocab_size, tokens.size(), std::size(bert_tokens));
}

bool is_known(const std::vector<std::string>& characters, const TokenList& tokens) {
  return std::ranges::all_of(characters, [&](const std::string& c) { return tokens.has(c); });
}

// The words whose characters all are in the alphabet.
std::vector<PairCounts::Word> words_in(TokenList& tokens, const TextCounts& counts) {
  std::vector<PairCounts::Word> words;
  for (const auto& [word, count] : counts) {
    const std::vector<std::string> characters = in_characters(word);
    if (!is_known(characters, tokens)) continue;
    PairCounts::Word& known = words.emplace_back(PairCounts::Word{{}, count});
    for (const std::string& c : characters) known.ids.push_back(tokens.add(c));
  }
  return words;
}

// Finds the best pair. Scores are queued as they were: a queued score that has changed since is
// put back as it is now, and every score that rises is queued again.
class WordPieceMerger {
 public:
  WordPieceMerger(TokenList& tokens, const TextCounts& words, const WordPieceTraining& training)
      : tokens_(tokens), training_(training), pairs_(words_in(tokens, words)), queue_({&tokens}) {
    for (const uint64_t key : pairs_.pairs()) queue(key);
  }

  // Makes the best pair a token; false if no pair is left.
  bool merge_best() {
    while (!queue_.empty()) {
      const Scored best = queue_.top();
      queue_.pop();
      const double now = score(best.key);
      if (now == best.score) {
        merge(left_of(best.key), right_of(best.key));
        return true;
      }
      if (now > 0) queue_.push({now, best.key});
    }
    return false;
  }

 private:
  struct Scored {
    double score;
    uint64_t key;
  };
  // What merges later: the smaller score, and of equal scores the greater tokens.
  struct Later {
    const TokenList* tokens;
    const std::string& text(int32_t id) const { return (*tokens)[id]; }
    bool operator()(const Scored& a, const Scored& b) const {
      if (a.score != b.score) return a.score < b.score;
      return std::tie(text(left_of(a.key)), text(right_of(a.key))) >
             std::tie(text(left_of(b.key)), text(right_of(b.key)));
    }
  };

  // 0 for a pair that may not be merged.
  double score(uint64_t key) const {
    const int32_t a = left_of(key), b = right_of(key);
    const int64_t together = pairs_.count(a, b);
    if (together < std::max<int64_t>(1, training_.min_frequency)) return 0;
    const auto count = static_cast<double>(together);
    if (training_.score == WordPieceScore::frequency) return count;
    return count / (static_cast<double>(pairs_.count(a)) * static_cast<double>(pairs_.count(b)));
  }

  void queue(uint64_t key) {
    const double now = score(key);
    if (now > 0) queue_.push({now, key});
    if (training_.score == WordPieceScore::frequency || !seen_.insert(key).second) return;
    with_[left_of(key)].push_back(key);
    with_[right_of(key)].push_back(key);
  }

  // Both parts are rarer afterwards, so that the other pairs that have them are likelier.
  void merge(int32_t left, int32_t right) {
    const std::string token = tokens_[left] + tokens_[right].substr(continues.size());
    for (const uint64_t key : pairs_.merge({left, right, tokens_.add(token)})) queue(key);
    for (const int32_t part : {left, right}) {
      for (const uint64_t key : with_[part]) {
        const double now = score(key);
        if (now > 0) queue_.push({now, key});
      }
    }
  }

  TokenList& tokens_;
  const WordPieceTraining& training_;
  PairCounts pairs_;
  std::priority_queue<Scored, std::vector<Scored>, Later> queue_;
  std::unordered_set<uint64_t> seen_;                        // pairs that with_ lists
  std::unordered_map<int32_t, std::vector<uint64_t>> with_;  // the pairs that have a token
};

}  // namespace

WordPieceTokenizer train_wordpiece(std::string_view text, int64_t vocab_size,
                                   const BertTextOptions& options,
                                   const WordPieceTraining& training) {
  WordPieceVocabulary vocabulary{.text = options};
  const TextCounts words = count_bert_words(text, vocabulary);
  TokenList tokens(vocabulary.tokens);
  add_first_tokens(tokens, words, vocab_size, options, training);
  WordPieceMerger merger(tokens, words, training);
  while (tokens.size() < vocab_size && merger.merge_best()) {
  }
  return WordPieceTokenizer(std::move(vocabulary));
}

WordPieceTokenizer train_wordpiece_words(std::string_view text, int64_t vocab_size,
                                         const BertTextOptions& options,
                                         const WordPieceTraining& training) {
  WordPieceVocabulary vocabulary{.text = options};
  const TextCounts words = count_bert_words(text, vocabulary);
  TokenList tokens(vocabulary.tokens);
  add_first_tokens(tokens, words, vocab_size, options, training);
  std::vector<std::pair<int64_t, std::string>> by_count;
  for (const auto& [word, count] : words) {
    if (is_known(in_characters(word), tokens)) by_count.emplace_back(-count, word);
  }
  std::ranges::sort(by_count);  // the most frequent first
  for (const auto& [count, word] : by_count) {
    if (tokens.size() == vocab_size) break;
    tokens.add(word);
  }
  return WordPieceTokenizer(std::move(vocabulary));
}

}  // namespace gradus
