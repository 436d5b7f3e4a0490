// Hidden tokens: probabilities that the grammar knows, against sums over all of its stories.

#include "data/stories/token_search.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "data/bert_text.h"
#include "data/stories/entropy.h"
#include "tests/data/stories/tiny_grammar.h"

namespace gradus::stories {

using doctest::Approx;
using testing::all_stories;
using testing::part;
using testing::probability;
using testing::tiny_grammar;

namespace {

// Texts with their probabilities, and the tokens of each.
struct Told {
  std::vector<ReadToken> tokens;
  double probability;
};

std::vector<Told> all_told(bool lowercase) {
  std::vector<Told> told;
  for (const Story& story : all_stories(tiny_grammar())) {
    told.push_back({read_tokens(story.text, lowercase), probability(story)});
  }
  return told;
}

std::vector<Told> all_sentences() {
  std::vector<Told> told;
  for (const Story& story : all_stories(tiny_grammar())) {
    for (const Span& sentence : story.sentences) {
      told.push_back({read_tokens(part(story.text, sentence)), probability(story)});
    }
  }
  return told;
}

// Whether a text may stand for `pattern`.
bool fits(const std::vector<ReadToken>& pattern, const std::vector<ReadToken>& tokens) {
  if (pattern.size() != tokens.size()) return false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!pattern[i].is_hidden && pattern[i].text != tokens[i].text) return false;
  }
  return true;
}

// The result that counting all texts gives.
TokenSearchResult counted(const std::vector<Told>& told, const std::vector<ReadToken>& pattern) {
  TokenSearchResult expected;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].is_hidden) expected.with_token.push_back(0);
  }
  for (const Told& other : told) {
    if (!fits(pattern, other.tokens)) continue;
    expected.probability += other.probability;
    size_t hidden = 0;
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (!pattern[i].is_hidden) continue;
      const bool right = pattern[i].text == other.tokens[i].text;
      expected.with_token[hidden++] += right ? other.probability : 0;
    }
  }
  return expected;
}

void hide(std::vector<ReadToken>& tokens, double share, std::mt19937& random) {
  for (ReadToken& token : tokens) {
    token.is_hidden = std::uniform_real_distribution(0.0, 1.0)(random) < share;
  }
}

std::string shown(const std::vector<ReadToken>& tokens) {
  std::string text;
  for (const ReadToken& token : tokens) text += (token.is_hidden ? "_" : token.text) + " ";
  return text;
}

}  // namespace

TEST_CASE("read_tokens: the words and marks of bert_words") {
  for (const std::string text : {"\"Don't,\" said A-B 3.5 times.", "", " ", "a", "It's  4pm\n!"}) {
    const std::vector<BertWord> words = bert_words(text);
    const std::vector<ReadToken> tokens = read_tokens(text);
    REQUIRE(tokens.size() == words.size());
    for (size_t i = 0; i < words.size(); ++i) CHECK(tokens[i].text == words[i].text);
  }
  CHECK(read_tokens("Ada", false)[0].text == "Ada");
}

TEST_CASE("search_tokens: whatever is hidden, the sums are those over all stories") {
  std::mt19937 random(1);
  for (const bool lowercase : {true, false}) {
    const std::vector<Told> all = all_told(lowercase);
    for (int k = 0; k < 300; ++k) {
      std::vector<ReadToken> tokens = all[random() % all.size()].tokens;
      hide(tokens, k % 4 * 0.3 + 0.05, random);
      CAPTURE(shown(tokens));
      const TokenSearchResult expected = counted(all, tokens);
      const TokenSearchResult found = search_tokens(tiny_grammar(), tokens, lowercase);
      CHECK(found.probability == Approx(expected.probability));
      REQUIRE(found.with_token.size() == expected.with_token.size());
      for (size_t i = 0; i < found.with_token.size(); ++i) {
        CHECK(found.with_token[i] == Approx(expected.with_token[i]));
      }
    }
  }
}

TEST_CASE("search_sentence_tokens: the same for a sentence out of any story") {
  const std::vector<Told> all = all_sentences();
  std::mt19937 random(2);
  for (int k = 0; k < 200; ++k) {
    std::vector<ReadToken> tokens = all[random() % all.size()].tokens;
    hide(tokens, 0.4, random);
    CAPTURE(shown(tokens));
    const TokenSearchResult expected = counted(all, tokens);
    const TokenSearchResult found = search_sentence_tokens(tiny_grammar(), tokens);
    for (size_t i = 0; i < found.with_token.size(); ++i) {
      CHECK(found.nats(i) == Approx(expected.nats(i)));
    }
  }
}

TEST_CASE("search_tokens: one hidden word of letters costs what masked_nats says") {
  for (uint64_t index = 0; index < 20; ++index) {
    const Story story = tell(builtin(), 3, index);
    const std::vector<Span> words = words_of(story.text);
    const Span word = words[index % words.size()];
    const size_t before = read_tokens(story.text.substr(0, word.begin)).size();
    std::vector<ReadToken> tokens = read_tokens(story.text);
    if (read_tokens(part(story.text, word)).size() > 1) continue;
    tokens[before].is_hidden = true;
    CAPTURE(story.text);
    CAPTURE(part(story.text, word));
    CHECK(search_tokens(builtin(), tokens).nats(0) ==
          Approx(masked_nats(builtin(), story.text, {&word, 1}, 0)));
  }
}

TEST_CASE("search_tokens: parts of words, marks and capitals, computed by hand") {
  Grammar grammar;
  add_theme(grammar, "# a: A\n\nIt was (well-known|well-made|too good|Rose|rose).");
  const auto nats = [&](const std::string& text, std::vector<size_t> hidden, size_t which,
                        bool lowercase = true) {
    std::vector<ReadToken> tokens = read_tokens(text, lowercase);
    for (const size_t i : hidden) tokens[i].is_hidden = true;
    return search_tokens(grammar, tokens, lowercase).nats(which);
  };
  CHECK(nats("It was well-known.", {4}, 0) == Approx(std::log(2.0)));  // or made
  CHECK(nats("It was well-known.", {3}, 0) == Approx(0));              // the hyphen is certain
  CHECK(nats("It was well-known.", {2, 3, 4}, 1) == Approx(0));
  CHECK(nats("It was too good.", {2, 3}, 0) == Approx(0));  // only one has four tokens and a mark
  CHECK(nats("It was Rose.", {2}, 0) == Approx(0));         // Rose and rose are one
  CHECK(nats("It was Rose.", {2}, 0, false) == Approx(std::log(2.0)));
  CHECK(nats("It was Rose.", {3}, 0) == Approx(0));
  CHECK(std::isinf(nats("It was blue.", {2}, 0)));
}

}  // namespace gradus::stories
