#include "train/theme_search.h"

#include <limits>
#include <unordered_set>

#include "data/stories/corpus.h"
#include "nn/similarity.h"

namespace gradus {
namespace {

bool are_rivals(const ThemedSentence& a, const ThemedSentence& b, Rivals rivals) {
  return a.story != b.story && (rivals == Rivals::other_stories || a.place != b.place);
}

}  // namespace

std::vector<ThemedSentence> themed_sentences(uint64_t seed, int64_t n) {
  std::vector<ThemedSentence> sentences;
  std::unordered_set<std::string> known;
  size_t number = 0;
  for (const stories::Story& story : stories::corpus(seed, n)) {
    for (size_t place = 0; place < story.sentences.size(); ++place) {
      const auto [begin, end] = story.sentences[place];
      const std::string text = story.text.substr(begin, end - begin);
      if (known.insert(text).second) sentences.push_back({text, number, place, story.theme});
    }
    ++number;
  }
  return sentences;
}

double theme_precision(const std::vector<ThemedSentence>& sentences, Rivals rivals,
                       const SentenceScores& scores) {
  double right = 0;
  for (size_t query = 0; query < sentences.size(); ++query) {
    std::vector<real> all = scores(query);
    for (size_t i = 0; i < all.size(); ++i) {
      if (!are_rivals(sentences[query], sentences[i], rivals))
        all[i] = -std::numeric_limits<real>::infinity();
    }
    const std::vector<Match> best = best_matches(all, 1);
    if (!best.empty() && sentences[best[0].index].theme == sentences[query].theme) right += 1;
  }
  return sentences.empty() ? 0 : right / static_cast<double>(sentences.size());
}

double chance_precision(const std::vector<ThemedSentence>& sentences, Rivals rivals) {
  double sum = 0;
  for (const ThemedSentence& query : sentences) {
    double others = 0, alike = 0;
    for (const ThemedSentence& other : sentences) {
      if (!are_rivals(query, other, rivals)) continue;
      others += 1;
      alike += other.theme == query.theme ? 1 : 0;
    }
    if (others > 0) sum += alike / others;
  }
  return sentences.empty() ? 0 : sum / static_cast<double>(sentences.size());
}

}  // namespace gradus
