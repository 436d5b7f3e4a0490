#include "data/lexical_index.h"

namespace gradus {
namespace {

std::vector<LabelledText> without_labels(std::span<const std::string> texts) {
  std::vector<LabelledText> all;
  for (const std::string& text : texts) all.push_back({.text = text, .second = {}, .label = {}});
  return all;
}

constexpr BagOfWordsConfig every_word{.min_count = 1, .weight = WordWeight::tf_idf};

}  // namespace

LexicalIndex::LexicalIndex(std::span<const std::string> texts)
    : words_(without_labels(texts), every_word), rows_(words_.rows(without_labels(texts))) {}

std::vector<real> LexicalIndex::scores(const std::string& query) const {
  const SparseRows asked = words_.rows(without_labels(std::span(&query, 1)));
  std::vector<real> weights(static_cast<size_t>(words_.size()), 0);
  for (size_t k = 0; k < asked.columns.size(); ++k) {
    weights[static_cast<size_t>(asked.columns[k])] = asked.values[k];
  }
  std::vector<real> result;
  for (size_t row = 0; row + 1 < rows_.offsets.size(); ++row) {
    real dot = 0;
    for (size_t k = rows_.offsets[row]; k < rows_.offsets[row + 1]; ++k) {
      dot += rows_.values[k] * weights[static_cast<size_t>(rows_.columns[k])];
    }
    result.push_back(dot);
  }
  return result;
}

}  // namespace gradus
