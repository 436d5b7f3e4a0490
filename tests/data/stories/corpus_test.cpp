// The built-in corpus: unambiguous, as long as it should be, and measured exactly.

#include "data/stories/corpus.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "data/stories/search.h"
#include "tensor/errors.h"
#include "tests/data/stories/tiny_grammar.h"

namespace gradus::stories {

using doctest::Approx;
using testing::part;

namespace {

// Words and marks, as a word-level tokenizer cuts them: ," is one mark, 's a word of its own.
size_t tokens_in(const std::string& text) {
  size_t n = words_of(text).size();
  const auto is_mark = [](char c) {
    return std::string_view(".,!?\"").find(c) != std::string::npos;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = is_mark(text[i]) && (i == 0 || !is_mark(text[i - 1]));
    n += begins || text[i] == '\'';
  }
  return n;
}

// The story with another hero of the same pronouns.
std::string with_another_hero(const Story& story) {
  const std::vector<Word>& people = builtin().classes[0].words;
  const auto hero = std::find_if(story.entities.begin(), story.entities.end(),
                                 [](const Entity& e) { return e.label == "PER"; });
  const std::string name = part(story.text, hero->span);
  const auto known =
      std::find_if(people.begin(), people.end(), [&](const Word& word) { return word[0] == name; });
  const auto other = std::find_if(people.begin(), people.end(), [&](const Word& word) {
    return word[1] == (*known)[1] && story.text.find(word[0]) == std::string::npos;
  });
  std::string text = story.text;
  for (size_t e = story.entities.size(); e-- > 0;) {
    const Span span = story.entities[e].span;
    const bool same = part(story.text, span) == name;
    if (same) text.replace(span.begin, span.end - span.begin, (*other)[0]);
  }
  return text;
}

}  // namespace

TEST_CASE(
    "builtin stories: one derivation each, found by parsing back, with the same probability") {
  std::set<std::string> themes, texts;
  for (uint64_t i = 0; i < 3000; ++i) {
    const Story story = tell(builtin(), 1, i);
    const SearchResult found = search(builtin(), story.text);
    CAPTURE(story.text);
    REQUIRE(found.derivations == 1);
    CHECK(found.choices == story.choices);
    CHECK(-std::log(found.probability) == Approx(story.nats));
    CHECK(found.prefix.back() == Approx(found.probability));  // no story goes on where one ends
    themes.insert(story.theme);
    texts.insert(story.text);
  }
  CHECK(themes.size() == builtin().themes.size());
  CHECK(builtin().themes.size() >= 20);
  CHECK(texts.size() == 3000);
}

TEST_CASE("builtin stories: whatever can be told has a title, a summary and names to find") {
  size_t happy = 0, longest = 0, words = 0;
  std::set<std::string> vocabulary;
  const std::vector<Story> all = corpus(3, 10000);
  for (const Story& story : all) {
    CAPTURE(story.text);
    CHECK(story.mood != Mood::any);
    CHECK(story.sentences.size() >= 5);
    CHECK((!story.title.empty() && !story.summary.empty()));
    CHECK((story.questions.size() >= 3 && story.entities.size() >= 2));
    CHECK(story.text.find_first_of("_{}()|/=+#") == std::string::npos);
    for (const Span& w : words_of(story.text)) vocabulary.insert(part(story.text, w));
    happy += story.mood == Mood::happy;
    longest = std::max(longest, tokens_in(story.text));
    words += words_of(story.text).size();
  }
  CHECK(longest <= 63);  // and one more for the end: 64 predictions
  CHECK(vocabulary.size() < 1400);
  CHECK(words / all.size() >= 40);
  CHECK(std::abs(static_cast<double>(happy) - 5000) < 4 * std::sqrt(10000 * 0.25));
}

TEST_CASE("mean_nats of the built-in grammar is the mean over 20000 stories") {
  double sum = 0, squares = 0;
  const double n = 20000;
  for (uint64_t i = 0; i < 20000; ++i) {
    const double nats = tell(builtin(), 5, i).nats;
    sum += nats;
    squares += nats * nats;
  }
  const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
  CHECK(std::abs(mean - mean_nats(builtin())) < 4 * error);
  CHECK(error < 0.1);
}

TEST_CASE("information: grows from 0 to the story's nats and never falls") {
  for (uint64_t i = 0; i < 50; ++i) {
    const Story story = tell(builtin(), 2, i);
    const std::vector<double> nats = information(builtin(), story.text);
    REQUIRE(nats.size() == story.text.size() + 1);
    CHECK(nats.front() == Approx(0));
    CHECK(nats.back() == Approx(story.nats));
    for (size_t k = 1; k < nats.size(); ++k) CHECK(nats[k] >= nats[k - 1] - 1e-9);
  }
}

TEST_CASE("a word is better known from the whole story than from its sentence, on average") {
  double in_story = 0, in_sentence = 0;
  for (uint64_t i = 0; i < 60; ++i) {
    const Story story = tell(builtin(), 4, i);
    const Span s = story.sentences[i % story.sentences.size()];
    const std::string sentence = part(story.text, s);
    for (const Span& word : words_of(sentence)) {
      const Span there{word.begin + s.begin, word.end + s.begin};
      in_story += masked_nats(builtin(), story.text, {&there, 1}, 0);
      in_sentence += masked_nats_in_sentence(builtin(), sentence, {&word, 1}, 0);
    }
  }
  CHECK(in_story < 0.8 * in_sentence);
}

TEST_CASE("another hero makes another story, another name or word none") {
  for (uint64_t i = 0; i < 200; ++i) {
    const Story story = tell(builtin(), 6, i);
    CAPTURE(story.text);
    const auto other = parse(builtin(), with_another_hero(story));
    REQUIRE(other.has_value());
    CHECK(other->text != story.text);
    CHECK(other->nats == Approx(story.nats));
    for (const Span& word : {words_of(story.text)[1], story.entities.back().span}) {
      std::string changed = story.text;
      CHECK(!parse(builtin(), changed.replace(word.begin, word.end - word.begin, "umbrella")));
    }
  }
}

TEST_CASE("corpus: story i of a seed, and a sentence for nonsense") {
  const std::vector<Story> stories = corpus(9, 5);
  REQUIRE(stories.size() == 5);
  CHECK(stories[3].text == tell(builtin(), 9, 3).text);
  CHECK(stories[3].text != corpus(10, 5)[3].text);
  CHECK_THROWS_AS(corpus(9, 0), ValueError);
}

}  // namespace gradus::stories
