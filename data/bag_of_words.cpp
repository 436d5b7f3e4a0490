#include "data/bag_of_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "data/bert_text.h"
#include "tensor/creation.h"
#include "tensor/errors.h"

namespace gradus {
namespace {

void append_bag(std::string_view text, bool bigrams, const std::string& mark,
                std::vector<std::string>& bag) {
  std::string previous;
  for (const BertWord& word : bert_words(text)) {
    bag.push_back(mark + word.text);
    if (bigrams && !previous.empty()) bag.push_back(mark + previous + " " + word.text);
    previous = word.text;
  }
}

std::vector<std::string> bag_of(const LabelledText& example, bool bigrams) {
  std::vector<std::string> bag;
  append_bag(example.text, bigrams, "", bag);
  append_bag(example.second, bigrams, "|", bag);
  return bag;
}

struct WordFrequency {
  int64_t count = 0, texts = 0;
};

void make_length_one(std::span<real> values) {
  real squares = 0;
  for (const real v : values) squares += v * v;
  if (squares == 0) return;
  for (real& v : values) v /= std::sqrt(squares);
}

}  // namespace

Tensor dense(const SparseRows& rows, int64_t begin, int64_t count) {
  check_value(begin >= 0 && count >= 0 && count <= rows.rows() && begin <= rows.rows() - count,
              "dense: {} rows from {} on are not among {}", count, begin, rows.rows());
  Tensor matrix = zeros({count, rows.width});
  real* const out = matrix.mutable_data();
  for (int64_t i = 0; i < count; ++i) {
    const auto row = static_cast<size_t>(begin + i);
    for (size_t k = rows.offsets[row]; k < rows.offsets[row + 1]; ++k) {
      out[i * rows.width + rows.columns[k]] = rows.values[k];
    }
  }
  return matrix;
}

BagOfWords::BagOfWords(std::span<const LabelledText> texts, const BagOfWordsConfig& settings)
    : config_(settings) {
  check_value(!texts.empty(), "bag of words: there are no texts to learn words from");
  check_value(settings.min_count >= 1, "bag of words: words must occur at least once, not {} times",
              settings.min_count);
  std::unordered_map<std::string, WordFrequency> seen;
  for (const LabelledText& text : texts) {
    const std::vector<std::string> bag = bag_of(text, config_.bigrams);
    for (const std::string& word : bag) ++seen[word].count;
    for (const std::string& word : std::set(bag.begin(), bag.end())) ++seen[word].texts;
  }
  std::vector<std::pair<std::string, WordFrequency>> kept;
  for (const auto& entry : seen) {
    if (entry.second.count >= settings.min_count) kept.push_back(entry);
  }
  std::ranges::sort(kept, [](const auto& a, const auto& b) {
    if (a.second.count != b.second.count) return a.second.count > b.second.count;
    return a.first < b.first;
  });
  for (const auto& [word, frequency] : kept) {
    columns_.emplace(word, static_cast<int32_t>(words_.size()));
    words_.push_back(word);
    idf_.push_back(static_cast<real>(
        std::log(static_cast<double>(texts.size()) / static_cast<double>(frequency.texts))));
  }
}

SparseRows BagOfWords::rows(std::span<const LabelledText> texts) const {
  SparseRows result;
  result.width = size();
  for (const LabelledText& text : texts) {
    std::map<int32_t, int64_t> counts;  // by column
    for (const std::string& word : bag_of(text, config_.bigrams)) {
      const auto column = columns_.find(word);
      if (column != columns_.end()) ++counts[column->second];
    }
    const size_t begin = result.values.size();
    for (const auto& [column, count] : counts) {
      const bool weighted = config_.weight == WordWeight::tf_idf;
      result.columns.push_back(column);
      result.values.push_back(
          weighted ? static_cast<real>(count) * idf_[static_cast<size_t>(column)] : real(1));
    }
    if (config_.weight == WordWeight::tf_idf)
      make_length_one(std::span(result.values).subspan(begin));
    result.offsets.push_back(result.values.size());
  }
  return result;
}

}  // namespace gradus
