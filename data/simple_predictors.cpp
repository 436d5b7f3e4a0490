#include "data/simple_predictors.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "data/bert_text.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

using TagCounts = std::map<std::string, int64_t>;

std::string most_frequent(const TagCounts& counts) {
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> sentences;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && text[end] != '\n') {
      const bool is_mark = text[end] == '.' || text[end] == '!' || text[end] == '?';
      ++end;
      if (is_mark && text.substr(end).starts_with(' ')) break;
    }
    sentences.push_back(text.substr(begin, end - begin));
    begin = std::min(text.find_first_not_of(" \n", end), text.size());
  }
  return sentences;
}

// Words, but no punctuation marks.
std::set<std::string> different_words(std::string_view text) {
  std::set<std::string> words;
  for (const BertWord& word : bert_words(text)) {
    const bool is_mark = word.text.size() == 1 && std::ispunct(word.text[0]) != 0;
    if (!is_mark) words.insert(word.text);
  }
  return words;
}

}  // namespace

int32_t majority_class(std::span<const int32_t> classes) {
  check_value(!classes.empty(), "majority_class: there are no classes");
  std::map<int32_t, int64_t> counts;
  for (const int32_t c : classes) {
    check_value(c >= 0, "majority_class: class {} is negative", c);
    ++counts[c];
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

MostFrequentTag::MostFrequentTag(std::span<const TaggedSentence> sentences) {
  std::map<std::string, TagCounts> by_word;
  TagCounts all;
  for (const TaggedSentence& sentence : sentences) {
    for (size_t i = 0; i < sentence.words.size(); ++i) {
      ++by_word[sentence.words[i]][sentence.tags[i]];
      ++all[sentence.tags[i]];
    }
  }
  check_value(!all.empty(), "most frequent tag: there are no words to learn from");
  for (const auto& [word, counts] : by_word) tags_[word] = most_frequent(counts);
  fallback_ = most_frequent(all);
}

std::vector<std::string> MostFrequentTag::predict(std::span<const std::string> words) const {
  std::vector<std::string> tags;
  for (const std::string& word : words) {
    const auto found = tags_.find(word);
    tags.push_back(found == tags_.end() ? fallback_ : found->second);
  }
  return tags;
}

std::string most_similar_sentence(const SpanQuestion& question) {
  const std::set<std::string> asked = different_words(question.question);
  std::string_view best;
  int64_t most = -1;
  for (const std::string_view sentence : sentences_of(question.context)) {
    const std::set<std::string> said = different_words(sentence);
    const int64_t common =
        std::ranges::count_if(asked, [&](const std::string& word) { return said.contains(word); });
    if (common <= most) continue;
    best = sentence;
    most = common;
  }
  return std::string(best);
}

}  // namespace gradus
