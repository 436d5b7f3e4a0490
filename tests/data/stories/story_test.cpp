// Telling stories: what a grammar says, how likely it is, and what is known about it.

#include "data/stories/story.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/data/stories/tiny_grammar.h"
#include "tests/data/support.h"

namespace gradus::stories {

using testing::all_stories;
using testing::contains;
using testing::part;
using testing::probability;
using testing::sentence_of;
using testing::tiny_grammar;

namespace {

// The story whose choices are these, then zeros.
Story told(const std::vector<size_t>& choices) {
  size_t i = 0;
  return tell(tiny_grammar(), [&](size_t) { return i < choices.size() ? choices[i++] : 0; });
}

Grammar with(const std::string& notation) {
  Grammar grammar{{tiny_grammar().classes[0]}, {}};
  add_theme(grammar, notation);
  return grammar;
}

}  // namespace

TEST_CASE("a story remembers its words, and its choices cost ln n each") {
  // ball; first phrasing; hero Tom of 3; kite of 2; it flew to the 2nd of 2; sad of 2; 2nd of 2
  const Story story = told({0, 0, 2, 1, 0, 1, 1, 1});
  CHECK(story.text == "Tom had a kite. It flew to Mia. Tom lost his kite.");
  CHECK(story.title == "Tom's ball");
  CHECK(story.summary == "Tom lost the kite.");
  CHECK(story.mood == Mood::sad);
  // theme 2 * phrasing 2 * hero 3 * toy 2 * friend 2 * mood 2 * phrasing 2
  CHECK(story.nats == doctest::Approx(std::log(2.0 * 2 * 3 * 2 * 2 * 2 * 2)));
}

TEST_CASE("a story knows its sentences, its names and the questions that it answers") {
  const Story story = told({0, 1, 0, 1, 1, 0, 0, 1, 0, 0});
  CHECK(story.text == "Ada of Old Ferry saw a ball. It bounced to Tom. Tom gave it back to her.");
  REQUIRE(story.sentences.size() == 3);
  CHECK(part(story.text, story.sentences[1]) == "It bounced to Tom.");
  std::vector<std::string> names;
  for (const Entity& e : story.entities) names.push_back(e.label + " " + part(story.text, e.span));
  CHECK(names == std::vector<std::string>{"PER Ada", "LOC Old Ferry", "PER Tom", "PER Tom"});
  REQUIRE(story.questions.size() == 3);
  CHECK(story.questions[2].text == "Where did she live?");
  CHECK(part(story.text, story.questions[2].answer) == "Old Ferry");
  const Story twice =
      told({0, 0, 2, 1, 0, 1, 1, 1});  // Tom ... Tom lost his kite: the first counts
  CHECK(twice.questions[0].answer == Span{0, 3});
  CHECK(told({0, 0}).questions.size() == 2);  // no town is named, so nobody asks for it
}

TEST_CASE("all stories of a grammar are different and their probabilities add up to 1") {
  const std::vector<Story> all = all_stories(tiny_grammar());
  // ball: (1 + 2 * 2) first sentences * 3 heroes * 2 toys * 2 friends * (1 + 2) endings
  // walk: 2 first sentences * 3 heroes * (1 + 2) second sentences
  CHECK(all.size() == 5 * 3 * 2 * 2 * 3 + 2 * 3 * 3);
  double sum = 0;
  std::set<std::string> texts;
  for (const Story& story : all) {
    sum += probability(story);
    texts.insert(story.text);
  }
  CHECK(sum == doctest::Approx(1));
  CHECK(texts.size() == all.size());
}

TEST_CASE("story i depends on the seed and on i alone, and is drawn with its probability") {
  CHECK(tell(tiny_grammar(), 1, 5).text == tell(tiny_grammar(), 1, 5).text);
  std::map<std::string, int> count;
  const int n = 20000;
  for (int i = 0; i < n; ++i) ++count[tell(tiny_grammar(), 7, static_cast<uint64_t>(i)).text];
  double chi_squared = 0;
  const std::vector<Story> all = all_stories(tiny_grammar());
  for (const Story& story : all) {
    const double expected = n * probability(story);
    chi_squared += std::pow(count[story.text] - expected, 2) / expected;
  }
  // mean and standard deviation of chi squared with k degrees of freedom: k, sqrt(2 k)
  const double k = static_cast<double>(all.size()) - 1;
  CHECK(chi_squared < k + 4 * std::sqrt(2 * k));
}

TEST_CASE("themes that make no sense are refused by name") {
  CHECK(contains(sentence_of<ValueError>([] { with("# a: A\n\n{nobody} slept."); }),
                 "theme 'a': a slot that no words are known for in 'nobody'"));
  CHECK(contains(sentence_of<ValueError>([] { with("# a: A\n\n{hero.them} slept."); }),
                 "a form that its class does not have in 'hero.them'"));
  CHECK(contains(sentence_of<ValueError>([] { with("# a: A\n\n{hero slept."); }),
                 "a bracket without its partner"));
  CHECK(contains(sentence_of<ValueError>([] { with("# a: A\nx/y = one/two | three\n\nGo."); }),
                 "a word with other forms than the class"));
  CHECK(contains(sentence_of<ValueError>([] { with("# a: A"); }), "a name and a sentence"));
  const Grammar silent = with("# a: About {hero}\n\nNobody was there.");
  CHECK(contains(sentence_of<ValueError>([&] { tell(silent, 0, 0); }), "speaks of 'hero'"));
}

}  // namespace gradus::stories
