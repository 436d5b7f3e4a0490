// Probabilities that a grammar knows, against sums over all of its stories.

#include "data/stories/search.h"

#include <doctest/doctest.h>

#include "tensor/errors.h"
#include "tests/data/stories/tiny_grammar.h"

namespace gradus::stories {

using doctest::Approx;
using testing::all_stories;
using testing::part;
using testing::probability;
using testing::tiny_grammar;

namespace {

std::string masked(std::string text, const Span& word) {
  return text.replace(word.begin, word.end - word.begin, 1, mask);
}

// Whether both texts are the same but for one word, where the first has a mask.
bool fits(const std::string& pattern, const std::string& text) {
  const size_t at = pattern.find(mask), after = pattern.size() - at - 1;
  if (text.size() < pattern.size() || text.substr(0, at) != pattern.substr(0, at) ||
      text.substr(text.size() - after) != pattern.substr(at + 1)) {
    return false;
  }
  const std::string word = text.substr(at, text.size() - after - at);
  return words_of(word) == std::vector<Span>{{0, word.size()}};
}

}  // namespace

TEST_CASE("search: every story has one derivation, the one that told it") {
  for (const Story& story : all_stories(tiny_grammar())) {
    const SearchResult found = search(tiny_grammar(), story.text);
    CAPTURE(story.text);
    CHECK(found.derivations == 1);
    CHECK(found.choices == story.choices);
    CHECK(-std::log(found.probability) == Approx(story.nats));
  }
  CHECK(search(tiny_grammar(), "Ada had a ball.").derivations == 0);
}

TEST_CASE("search: a text with two derivations has the sum of their probabilities") {
  Grammar ambiguous;
  add_theme(ambiguous, "# a: A\n\nIt (rained|rained|snowed).");
  const SearchResult found = search(ambiguous, "It rained.");
  CHECK(found.derivations == 2);
  CHECK(found.probability == Approx(2.0 / 3));
}

TEST_CASE("search: a mask stands for a whole word, also where the text ends with it") {
  Grammar weather;
  add_theme(weather, "# a: A\n\nIt (rained|rain-ed|was wet)");
  CHECK(search(weather, "It _").probability == Approx(2.0 / 3));
  CHECK(search(weather, "It _ _").probability == Approx(1.0 / 3));
  CHECK(search(weather, "It _ _ _").probability == 0);
}

TEST_CASE("search: prefix[i] is the probability of all stories that begin so") {
  const std::vector<Story> all = all_stories(tiny_grammar());
  for (const std::string text : {"Mia of Old Ferry found a kite. It flew to Ada. Ada kept it.",
                                 "Tom had a long walk. He met", "Ada had a moon."}) {
    const SearchResult found = search(tiny_grammar(), text);
    for (size_t i = 0; i <= text.size(); ++i) {
      double expected = 0;
      for (const Story& s : all) expected += s.text.starts_with(text.substr(0, i)) * probability(s);
      CAPTURE(text.substr(0, i));
      CHECK(found.prefix[i] == Approx(expected));
    }
  }
}

TEST_CASE("masked_nats: all that a story leaves open about each of its words") {
  const std::vector<Story> all = all_stories(tiny_grammar());
  for (size_t k = 0; k < all.size(); k += 7) {
    const std::string& text = all[k].text;
    for (const Span& word : words_of(text)) {
      double rest = 0;
      for (const Story& s : all) rest += fits(masked(text, word), s.text) * probability(s);
      CAPTURE(masked(text, word));
      CHECK(masked_nats(tiny_grammar(), text, {&word, 1}, 0) ==
            Approx(std::log(rest / probability(all[k]))));
    }
  }
}

TEST_CASE("masked_nats: words masked together are summed over") {
  const std::string text = "Tom had a kite. It flew to Mia. Tom lost his kite.";
  const std::vector<Span> words = words_of(text);
  // Both kites hidden, flew in sight: nothing is open. Hide it too, and the toy is one of two.
  const std::vector<Span> kites = {words[3], words[11]}, all = {words[3], words[5], words[11]};
  CHECK(masked_nats(tiny_grammar(), text, kites, 0) == Approx(0));
  CHECK(masked_nats(tiny_grammar(), text, all, 1) == Approx(std::log(2.0)));
  CHECK(masked_nats(tiny_grammar(), text, all, 0) == Approx(std::log(2.0)));
  CHECK_THROWS_AS(masked_nats(tiny_grammar(), text, all, 3), ValueError);
}

TEST_CASE("masked_nats_in_sentence: what the rest of the story would have told is open") {
  // Sentences of all stories, each as likely as its story.
  std::map<std::string, double> sentences;
  for (const Story& story : all_stories(tiny_grammar())) {
    for (const Span& s : story.sentences) sentences[part(story.text, s)] += probability(story);
  }
  double total = 0;
  for (const auto& [text, p] : sentences) total += p;
  for (const auto& entry : sentences) {
    const std::string& text = entry.first;
    const double p = entry.second;
    CAPTURE(text);
    CHECK(search_sentence(tiny_grammar(), text) == Approx(p / total));
    for (const Span& word : words_of(text)) {
      double rest = 0;
      for (const auto& [other, q] : sentences) rest += fits(masked(text, word), other) * q;
      CHECK(masked_nats_in_sentence(tiny_grammar(), text, {&word, 1}, 0) ==
            Approx(std::log(rest / p)));
    }
  }
}

TEST_CASE("mean_nats is the entropy: the sum of -p ln p over all stories") {
  double entropy = 0;
  for (const Story& story : all_stories(tiny_grammar())) entropy += probability(story) * story.nats;
  CHECK(mean_nats(tiny_grammar()) == Approx(entropy));
}

TEST_CASE("parse: a story comes back with everything that is known about it, other texts do not") {
  const Story story = tell(tiny_grammar(), 1, 4);
  const auto parsed = parse(tiny_grammar(), story.text);
  REQUIRE(parsed.has_value());
  CHECK(parsed->summary == story.summary);
  CHECK(parsed->nats == Approx(story.nats));
  CHECK(parsed->entities.size() == story.entities.size());
  CHECK(!parse(tiny_grammar(), story.text + " "));
  CHECK(!parse(tiny_grammar(), "_" + story.text.substr(3)));
  CHECK(!parse(tiny_grammar(), ""));
}

}  // namespace gradus::stories
