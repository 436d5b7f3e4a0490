// Answers compared as SQuAD's official script compares them.

#include "data/squad_score.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "data/json.h"
#include "support.h"

using namespace gradus;
using doctest::Approx;

TEST_CASE("normalising drops case, punctuation, articles and superfluous space") {
  CHECK(normalise_answer("The  Quick, brown\tFOX!") == "quick brown fox");
  CHECK(normalise_answer("an apple a day") == "apple day");
  CHECK(normalise_answer("theatre, anthem, banana") == "theatre anthem banana");
  CHECK(normalise_answer("$3.50 (a_b)") == "350 ab");
  CHECK(normalise_answer("a.n.") == "");  // punctuation goes first: "an" is an article
  CHECK(normalise_answer("the") == "");
  CHECK(normalise_answer("") == "");
}

TEST_CASE("normalising follows Unicode where Python does") {
  CHECK(normalise_answer("\u00c9COLE \u0416") == "\u00e9cole \u0436");
  CHECK(normalise_answer("\u0130") == "i\u0307");
  CHECK(normalise_answer("\u03a3\u0391\u03a3 \u03a3") == "\u03c3\u03b1\u03c2 \u03c3");
  CHECK(normalise_answer("x\u00a0y\u2003z") == "x y z");
  CHECK(normalise_answer("1914\u20131918") == "1914\u20131918");  // no ASCII punctuation: stays
  // an article ends at any character that is no letter and no number
  CHECK(normalise_answer("the\u2013end") == "\u2013end");
  CHECK(normalise_answer("a\u00b2 the\u00e9") == "a\u00b2 the\u00e9");
}

TEST_CASE("F1 counts words that both have as often as both have them") {
  CHECK(exact_match("The Cat.", "cat") == 1);
  CHECK(exact_match("cat", "cats") == 0);
  CHECK(word_f1("big big cat", "big cat sat here") ==
        Approx(2 * (2.0 / 3) * (2.0 / 4) / (2.0 / 3 + 2.0 / 4)));
  CHECK(word_f1("dog", "cat") == 0);
  CHECK(word_f1("the", "a") == 0);  // no word is left to share, although both are the same
  CHECK(word_f1("", "cat") == 0);
}

TEST_CASE("the best of all answers counts, for each figure; a missing prediction counts nothing") {
  const std::vector<SpanQuestion> questions{{.id = "x", .answers = {{"red cat", 0}, {"cat", 0}}},
                                            {.id = "y", .answers = {{"dog", 0}}},
                                            {.id = "z"}};
  CHECK(score_answer("a red cat", questions[0].answers).exact_match == 1);
  CHECK(score_answer("cat sat", questions[0].answers).f1 == Approx(2.0 / 3));
  CHECK(score_answer("", questions[2].answers).exact_match == 1);
  CHECK(score_answer("dog", questions[2].answers).f1 == 0);
  const SquadScore score = score_squad(questions, {{"x", "cat sat"}, {"z", ""}, {"w", "dog"}});
  CHECK(score.questions == 3);
  CHECK(score.missing == 1);
  CHECK(score.exact_match == Approx(1.0 / 3));
  CHECK(score.f1 == Approx((2.0 / 3 + 1) / 3));
  CHECK_THROWS_AS(score_squad({}, {}), ValueError);
}

TEST_CASE("the leaderboard's logistic regression gets the figures of the official script") {
  const auto folder = testing::shared_path("data/squad");
  if (!folder) return;
  const SpanQuestions dev = read_squad(*folder / "dev-v1.1.reconstructed.json");
  const auto predictions = read_json(*folder / "preds-logistic-regression.json")
                               .get<std::unordered_map<std::string, std::string>>();
  const SquadScore score = score_squad(dev.questions, predictions);
  CHECK(score.questions == 10570);
  CHECK(score.missing == 13);
  CHECK(100 * score.exact_match == Approx(40.1419).epsilon(1e-6));
  CHECK(100 * score.f1 == Approx(50.9815).epsilon(1e-6));
}
