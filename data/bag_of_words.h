#pragma once
// What is known without any network: texts as bags of words for a linear classifier, and answers
// that need no learning. Every result of a network is read against these.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/labelled.h"
#include "tensor/tensor.h"

namespace gradus {

/// A sparse matrix by rows: row i has values[k] in column columns[k] for k in
/// [offsets[i], offsets[i + 1]), columns ascending.
struct SparseRows {
  std::vector<size_t> offsets{0};
  std::vector<int32_t> columns;
  std::vector<real> values;
  int64_t width = 0;  // columns of the matrix

  int64_t rows() const { return static_cast<int64_t>(offsets.size()) - 1; }
};

/// Rows begin ... begin + count - 1 with their zeros, (count, width). Throws ValueError for rows
/// that are not there.
Tensor dense(const SparseRows& rows, int64_t begin, int64_t count);

enum class WordWeight {
  binary,  // 1 for every word that occurs
  tf_idf,  // n ln(N / d): n times in this text, in d of the N texts of the vocabulary; rows have
           // length 1 (Salton & Buckley 1988)
};

struct BagOfWordsConfig {
  bool bigrams = false;   // pairs of neighbouring words are words, too
  int64_t min_count = 2;  // how often a word occurs at least in the texts that are learned from
  WordWeight weight = WordWeight::binary;
};

/// Words, in lower case and without accents (bert_words), as columns. The words of a pair's second
/// text have columns of their own.
class BagOfWords {
 public:
  /// The vocabulary of these texts, most frequent words first, equal ones in the order of their
  /// bytes. Throws ValueError for no texts and a min_count below 1.
  BagOfWords(std::span<const LabelledText> texts, const BagOfWordsConfig& settings);

  int64_t size() const { return static_cast<int64_t>(words_.size()); }
  /// The word of a column; "a b" for a bigram; those of second texts begin with "|".
  const std::string& word(int64_t column) const { return words_[static_cast<size_t>(column)]; }
  /// A row per text; words that are not in the vocabulary are passed over.
  SparseRows rows(std::span<const LabelledText> texts) const;

 private:
  BagOfWordsConfig config_;
  std::vector<std::string> words_;
  std::unordered_map<std::string, int32_t> columns_;
  std::vector<real> idf_;  // ln(N / d), by column
};

}  // namespace gradus
