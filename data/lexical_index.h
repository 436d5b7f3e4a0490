#pragma once
// Search by words: what every search by meaning is compared with.

#include <span>
#include <string>
#include <vector>

#include "data/bag_of_words.h"

namespace gradus {

/// Texts as bags of words, weighted by tf-idf (Salton & Buckley 1988). Two texts are alike as far
/// as they share words that are rare among the texts of the index.
class LexicalIndex {
 public:
  /// Throws ValueError for no texts.
  explicit LexicalIndex(std::span<const std::string> texts);

  int64_t size() const { return rows_.rows(); }
  /// The cosine of every text with a query; 0 where they share no word.
  std::vector<real> scores(const std::string& query) const;

 private:
  BagOfWords words_;
  SparseRows rows_;
};

}  // namespace gradus
