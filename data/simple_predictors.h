#pragma once
// Predictions that need no training but counting: the lines below which no network may fall.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "data/labelled.h"

namespace gradus {

/// The class that occurs most often, the smallest of several. Throws ValueError for no classes and
/// for negative ones.
int32_t majority_class(std::span<const int32_t> classes);

/// Every word's most frequent tag, and the most frequent tag of all for words that were not seen;
/// of several equally frequent ones the first in the order of their bytes.
class MostFrequentTag {
 public:
  /// Throws ValueError for no words.
  explicit MostFrequentTag(std::span<const TaggedSentence> sentences);
  std::vector<std::string> predict(std::span<const std::string> words) const;

 private:
  std::map<std::string, std::string, std::less<>> tags_;  // by word, as it is written
  std::string fallback_;
};

/// The sentence of the context that shares most different words with the question (lower case, no
/// accents, no punctuation), the earlier of two; it ends at ". ", "! ", "? " or a line end. As an
/// answer it is nearly never exact, but its F1 is what finding the right sentence is worth.
std::string most_similar_sentence(const SpanQuestion& question);

}  // namespace gradus
