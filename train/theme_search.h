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
  size_t story = 0;
  std::string theme;
};

/// The sentences of the built-in corpus's stories 0 ... n - 1 of a seed, without those that an
/// earlier story has word for word.
std::vector<ThemedSentence> themed_sentences(uint64_t seed, int64_t n);

/// Scores of all sentences for the one of that index.
using SentenceScores = std::function<std::vector<real>(size_t query)>;

/// Precision at 1: for what share of the sentences the nearest sentence of another story is of
/// the same theme. Sentences of the same story share names and do not count.
double theme_precision(const std::vector<ThemedSentence>& sentences, const SentenceScores& scores);
/// What drawing a sentence of another story at random achieves.
double chance_precision(const std::vector<ThemedSentence>& sentences);

}  // namespace gradus
