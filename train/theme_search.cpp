#include "train/theme_search.h"

#include <limits>
#include <unordered_set>

#include "data/stories/corpus.h"
#include "nn/similarity.h"

namespace gradus {

std::vector<ThemedSentence> themed_sentences(uint64_t seed, int64_t n) {
  std::vector<ThemedSentence> sentences;
  std::unordered_set<std::string> known;
  size_t number = 0;
  for (const stories::Story& story : stories::corpus(seed, n)) {
    for (const stories::Span& span : story.sentences) {
      const std::string text = story.text.substr(span.begin, span.end - span.begin);
      if (known.insert(text).second) sentences.push_back({text, number, story.theme});
    }
    ++number;
  }
  return sentences;
}

double theme_precision(const std::vector<ThemedSentence>& sentences, const SentenceScores& scores) {
  double right = 0;
  for (size_t query = 0; query < sentences.size(); ++query) {
    std::vector<real> all = scores(query);
    for (size_t i = 0; i < all.size(); ++i) {
      if (sentences[i].story == sentences[query].story)
        all[i] = -std::numeric_limits<real>::infinity();
    }
    const std::vector<Match> best = best_matches(all, 1);
    if (!best.empty() && sentences[best[0].index].theme == sentences[query].theme) right += 1;
  }
  return sentences.empty() ? 0 : right / static_cast<double>(sentences.size());
}

double chance_precision(const std::vector<ThemedSentence>& sentences) {
  double sum = 0;
  for (const ThemedSentence& query : sentences) {
    double others = 0, alike = 0;
    for (const ThemedSentence& other : sentences) {
      if (other.story == query.story) continue;
      others += 1;
      alike += other.theme == query.theme ? 1 : 0;
    }
    if (others > 0) sum += alike / others;
  }
  return sentences.empty() ? 0 : sum / static_cast<double>(sentences.size());
}

}  // namespace gradus
