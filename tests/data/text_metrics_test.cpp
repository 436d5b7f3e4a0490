// BLEU, ROUGE-L and exact match, against the examples of the papers and values computed by hand.

#include "data/text_metrics.h"

#include <doctest/doctest.h>

#include <cmath>

#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using doctest::Approx;
using testing::sentence_of;

namespace {

BleuScore bleu_of(const std::string& candidate, const std::vector<std::string>& references) {
  return corpus_bleu(std::span(&candidate, 1), std::span(&references, 1));
}

// Papineni et al. 2002, example 1.
const std::vector<std::string> guide{
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the "
    "command of the Party",
    "It is the practical guide for the army always to heed the directions of the party"};

}  // namespace

TEST_CASE("BLEU: the modified precisions of Papineni's examples") {
  const BleuScore first = bleu_of(
      "It is a guide to action which ensures that the military always obeys the commands of the "
      "party",
      guide);
  CHECK(first.precisions[0] == Approx(17.0 / 18));
  CHECK(first.precisions[1] == Approx(10.0 / 17));
  const BleuScore second = bleu_of(
      "It is to insure the troops forever hearing the activity guidebook that party direct", guide);
  CHECK(second.precisions[0] == Approx(8.0 / 14));
  CHECK(second.precisions[1] == Approx(1.0 / 13));
  const BleuScore the = bleu_of("the the the the the the the",
                                {"the cat is on the mat", "there is a cat on the mat"});
  CHECK(the.precisions[0] == Approx(2.0 / 7));
  CHECK(the.precisions[1] == 0);
  CHECK(the.bleu == 0);
}

TEST_CASE("BLEU: a short text pays, a long one does not; the closest reference counts") {
  CHECK(bleu_of("a b c d e", {"a b c d e f"}).bleu == Approx(std::exp(-0.2)));
  CHECK(bleu_of("a b c d e", {"a b c d e"}).bleu == Approx(1));
  CHECK(bleu_of("a b c d e f", {"a b c d e"}).brevity_penalty == 1);
  // Papineni's example: references of 12, 15 and 17 words, a candidate of 12.
  const auto words = [](int n) {
    std::string text = "w";
    for (int i = 1; i < n; ++i) text += " w";
    return text;
  };
  CHECK(bleu_of(words(12), {words(17), words(12), words(15)}).brevity_penalty == 1);
  const BleuScore between = bleu_of(words(4), {words(5), words(3)});  // equally close: the shorter
  CHECK(between.reference_words == 3);
}

TEST_CASE("BLEU: counts of a corpus are added up before they are divided") {
  const std::vector<std::string> candidates{"a b", "c"};
  const std::vector<std::vector<std::string>> references{{"a b"}, {"d"}};
  const BleuScore score = corpus_bleu(candidates, references);
  CHECK(score.precisions[0] == Approx(2.0 / 3));
  CHECK(score.precisions[1] == 1);
  CHECK(score.precisions[2] == -1);  // nobody wrote three words
  CHECK(score.bleu == Approx(std::sqrt(2.0 / 3)));
}

TEST_CASE("BLEU: marks are words, capitals count, nothing written is worth nothing") {
  CHECK(bleu_of("a b.", {"a b ."}).bleu == Approx(1));
  CHECK(bleu_of("A", {"a"}).bleu == 0);
  CHECK(bleu_of("", {"a"}).bleu == 0);
  sentence_of<ValueError>([] { corpus_bleu({}, {}); });
  sentence_of<ValueError>([] { bleu_of("a", {}); });
}

TEST_CASE("ROUGE-L: Lin's example, order counts, gaps do not") {
  CHECK(rouge_l("police kill the gunman", "police killed the gunman") == Approx(0.75));
  CHECK(rouge_l("the gunman kill police", "police killed the gunman") == Approx(0.5));
  CHECK(rouge_l("the gunman police killed", "police killed the gunman") == Approx(0.5));
  CHECK(rouge_l("a x b", "a b") == Approx(2 * (2.0 / 3) / (2.0 / 3 + 1)));
  CHECK(rouge_l("a", "b") == 0);
  CHECK(rouge_l("", "b") == 0);
  CHECK(rouge_l("", "") == 1);
}

TEST_CASE("all figures of some texts") {
  const std::vector<std::string> written{"Rosa lost a kite.", "Tom ran."};
  const std::vector<std::string> right{"Rosa lost a kite.", "Tom sat."};
  const TextScore score = score_texts(written, right);
  CHECK(score.exact_match == 0.5);
  CHECK(score.rouge_l == Approx((1 + 2.0 / 3) / 2));
  // matches 7 of 8, 4 of 6, 3 of 4, 2 of 2
  CHECK(score.bleu == Approx(std::pow(7.0 / 8 * 4 / 6 * 3 / 4 * 1, 0.25)));
  sentence_of<ValueError>([&] { score_texts(written, std::span(right).first(1)); });
  sentence_of<ValueError>([] { score_texts({}, {}); });
}
