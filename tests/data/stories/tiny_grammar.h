#pragma once
// A grammar with few enough stories to write down all of them, and the loop that does.

#include <cmath>
#include <map>

#include "data/stories/corpus.h"

namespace gradus::testing {

/// Two people, hero and friend, never the same; words with forms; a mood that is decided late; a
/// variable that only some phrasings mention; a theme that shares its first words with the other.
inline const stories::Grammar& tiny_grammar() {
  static const stories::Grammar grammar = [] {
    stories::Grammar tiny;
    tiny.classes.push_back({"person",
                            "PER",
                            {"hero", "friend"},
                            {"", "he", "him", "his"},
                            {{"Ada", "she", "her", "her"},
                             {"Mia", "she", "her", "her"},
                             {"Tom", "he", "him", "his"}}});
    tiny.classes.push_back({"town", "LOC", {"town"}, {""}, {{"Ashby"}, {"Old Ferry"}}});
    add_theme(tiny, R"(
# ball: {hero}'s ball
toy/sound = ball/bounced | kite/flew
? Who had a toy? hero
? What was it? toy
? Where did {he} live? town
= + {hero} kept the {toy}.
= - {hero} lost the {toy}.

{hero} had a {toy}.
{hero} of {town} (found|saw) a {toy}.

It {toy.sound} to {friend}.

+ {friend} gave it back to {him}.
- {friend} kept it.
- {hero} lost {his} {toy}.
)");
    add_theme(tiny, R"(
# walk: A walk
= {hero} walked.

{hero} had a (long|short) walk.

{He} came home.
{He} met {friend}.
)");
    return tiny;
  }();
  return grammar;
}

/// All stories of a grammar: the choices are counted up like the digits of a number.
inline std::vector<stories::Story> all_stories(const stories::Grammar& grammar) {
  std::vector<stories::Story> all;
  std::vector<size_t> digits, sizes;
  do {
    size_t i = 0;
    sizes.clear();
    digits.resize(64);
    all.push_back(tell(grammar, [&](size_t n) {
      sizes.push_back(n);
      return digits[i++];
    }));
    for (i = sizes.size(); i > 0 && digits[i - 1] + 1 == sizes[i - 1]; --i) digits[i - 1] = 0;
    if (i > 0) ++digits[i - 1];
    sizes.resize(i);
  } while (!sizes.empty());
  return all;
}

inline double probability(const stories::Story& story) { return std::exp(-story.nats); }

inline std::string part(const std::string& text, const stories::Span& span) {
  return text.substr(span.begin, span.end - span.begin);
}

}  // namespace gradus::testing
