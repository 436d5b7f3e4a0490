#pragma once
// How good a search is, where it is known what every sentence is about: on the built-in corpus a
// sentence's theme is that of its story.

#include <functional>
#include <string>
#include <vector>

#include "tensor/real.h"

namespace gradus {

struct ThemedSentence {
  std::string text;
  size_t story = 0, place = 0;  // which story of all, and which sentence of it
  std::string theme;
};

/// The sentences of the built-in corpus's stories 0 ... n - 1 of a seed, without those that an
/// earlier story has word for word.
std::vector<ThemedSentence> themed_sentences(uint64_t seed, int64_t n);

/// Scores of all sentences for the one of that index.
using SentenceScores = std::function<std::vector<real>(size_t query)>;

/// Which sentences a query is compared with. Those of its own story share its names and never
/// count; those that stand at the same place of other stories are often the same phrase with other
/// words in it.
enum class Rivals { other_stories, other_places };

/// Precision at 1: for what share of the sentences the nearest of their rivals is of the same
/// theme.
double theme_precision(const std::vector<ThemedSentence>& sentences, Rivals rivals,
                       const SentenceScores& scores);
/// What drawing a rival at random achieves.
double chance_precision(const std::vector<ThemedSentence>& sentences, Rivals rivals);

}  // namespace gradus
