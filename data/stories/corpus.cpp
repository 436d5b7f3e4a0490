#include "data/stories/corpus.h"

#include <cmath>

#include "data/stories/search.h"
#include "data/stories/themes.h"
#include "tensor/errors.h"

namespace gradus::stories {

const Grammar& builtin() {
  static const Grammar grammar = [] {
    Grammar all{shared_words(), {}};
    for (const auto& themes : {outdoor_themes(), home_themes(), town_themes(), wonder_themes()}) {
      for (const std::string_view theme : themes) add_theme(all, theme);
    }
    return all;
  }();
  return grammar;
}

std::vector<Story> corpus(uint64_t seed, int64_t n) {
  check_value(n >= 1, "corpus: {} stories were asked for, at least 1 is needed", n);
  std::vector<Story> stories;
  for (int64_t i = 0; i < n; ++i) {
    stories.push_back(tell(builtin(), seed, static_cast<uint64_t>(i)));
  }
  return stories;
}

std::optional<Story> parse(const Grammar& grammar, std::string_view text) {
  const SearchResult found = search(grammar, text);
  if (text.find(mask) != text.npos || found.derivations == 0) return std::nullopt;
  size_t i = 0;
  Story story = tell(grammar, [&](size_t) { return found.choices[i++]; });
  story.nats = -std::log(found.probability);
  return story;
}

}  // namespace gradus::stories
