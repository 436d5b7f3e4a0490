// Masked language modelling against the recipe's every clause.

#include "data/masking.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "data/batches.h"
#include "pretraining_support.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::check_share;
using testing::sentence_of;

namespace {

PretrainingVocabulary letters() { return PretrainingVocabulary(testing::letter_tokenizer()); }

RandomStream stream(uint64_t a, uint64_t b = 0) { return {1, "tests/masking", a, b}; }

// [CLS] a b ... [SEP]: n tokens of words of one piece.
std::vector<int32_t> sequence(size_t n) {
  std::vector<int32_t> ids(n, 2);
  for (size_t i = 1; i + 1 < n; ++i) ids[i] = 5 + static_cast<int32_t>(i % 10);
  ids[n - 1] = 3;
  return ids;
}

int64_t predictions(const MaskedSequence& masked) {
  int64_t n = 0;
  for (const Hiding hiding : masked.hiding) n += hiding != Hiding::none;
  return n;
}

}  // namespace

TEST_CASE("RandomStream: two streams agree only if seed, name and both numbers do") {
  const auto first = [](RandomStream s) { return s.next(); };
  const uint64_t x = first({1, "a", 2, 3});
  CHECK(first({1, "a", 2, 3}) == x);
  const std::set<uint64_t> others = {first({2, "a", 2, 3}), first({1, "b", 2, 3}),
                                     first({1, "a", 3, 3}), first({1, "a", 2, 4}), x};
  CHECK(others.size() == 5);
  RandomStream random(0, "a", 0, 0);
  std::map<int64_t, int> counts;
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    ++counts[random.integer(-1, 2)];
    sum += random.uniform();
  }
  CHECK(counts.size() == 4);
  for (const auto& [value, count] : counts) check_share(count, 10000, 0.25);
  CHECK(std::abs(sum / 10000 - 0.5) < 5 * std::sqrt(1 / 12.0 / 10000));
}

TEST_CASE("num_predictions: 15 % of all tokens, halves to even, at least one, at most `most`") {
  CHECK(num_predictions(5, {}) == 1);
  CHECK(num_predictions(10, {}) == 2);  // 1.5
  CHECK(num_predictions(30, {}) == 4);  // 4.5
  CHECK(num_predictions(128, {}) == 19);
  CHECK(num_predictions(128, {.most = 7}) == 7);
  CHECK(num_predictions(128, {.probability = 0}) == 1);
}

TEST_CASE("mask_tokens: so many predictions, all of words; the rest is left alone") {
  const PretrainingVocabulary vocabulary = letters();
  for (size_t n = 3; n < 60; ++n) {
    std::vector<int32_t> ids = sequence(n);
    if (n > 10) ids[n / 2] = 1;  // [UNK]
    if (n > 20) ids[n / 2 + 1] = 3;
    const MaskedSequence masked = mask_tokens(ids, vocabulary, {}, stream(n));
    CHECK(predictions(masked) == num_predictions(static_cast<int64_t>(n), {}));
    for (size_t i = 0; i < n; ++i) {
      CAPTURE(i);
      if (masked.hiding[i] == Hiding::none) {
        CHECK(masked.ids[i] == ids[i]);
        CHECK(masked.targets[i] == no_target);
        continue;
      }
      CHECK(ids[i] >= 5);
      CHECK(masked.targets[i] == ids[i]);
      if (masked.hiding[i] == Hiding::masked) CHECK(masked.ids[i] == 4);
      if (masked.hiding[i] == Hiding::kept) CHECK(masked.ids[i] == ids[i]);
    }
  }
}

TEST_CASE("mask_tokens: 80 % [MASK], 10 % random, 10 % kept; every word equally often") {
  const PretrainingVocabulary vocabulary = letters();
  const std::vector<int32_t> ids = sequence(42);  // 40 words, 6 predictions
  std::map<Hiding, double> kinds;
  std::map<size_t, double> places;
  std::map<int32_t, double> replacements;
  constexpr uint64_t draws = 4000;
  for (uint64_t k = 0; k < draws; ++k) {
    const MaskedSequence masked = mask_tokens(ids, vocabulary, {}, stream(7, k));
    for (size_t i = 0; i < ids.size(); ++i) {
      ++kinds[masked.hiding[i]];
      if (masked.hiding[i] != Hiding::none) ++places[i];
      if (masked.hiding[i] == Hiding::replaced) ++replacements[masked.ids[i]];
    }
  }
  const double n = 6.0 * draws;
  check_share(kinds[Hiding::masked], n, 0.8);
  check_share(kinds[Hiding::replaced], n, 0.1);
  check_share(kinds[Hiding::kept], n, 0.1);
  REQUIRE(places.size() == 40);
  for (const auto& [place, count] : places) check_share(count, draws, 6.0 / 40);
  REQUIRE(replacements.size() == 25);  // special tokens too, as in the original
  for (const auto& [id, count] : replacements) {
    check_share(count, kinds[Hiding::replaced], 1.0 / 25);
  }
}

TEST_CASE("mask_tokens: shares of one and zero hide all targets behind [MASK]") {
  const MaskedSequence masked =
      mask_tokens(sequence(100), letters(), {.mask_share = 1, .random_share = 0}, stream(3));
  for (const Hiding hiding : masked.hiding) {
    CHECK((hiding == Hiding::none || hiding == Hiding::masked));
  }
  CHECK(predictions(masked) == 15);
}

TEST_CASE("mask_tokens: whole words are predicted or left, and never too many pieces") {
  // [CLS] a##a b c##b##c d e##d [SEP] ##f [UNK] ##g f [SEP]
  const std::vector<int32_t> ids = {2, 5, 15, 6, 7, 16, 17, 8, 9, 18, 3, 20, 1, 21, 10, 3};
  const std::vector<std::vector<size_t>> words = {{1, 2}, {3},  {4, 5, 6}, {7},
                                                  {8, 9}, {11}, {13},      {14}};
  std::map<size_t, double> chosen;
  for (uint64_t k = 0; k < 2000; ++k) {
    const MaskedSequence masked =
        mask_tokens(ids, letters(), {.probability = 0.2, .whole_word = true}, stream(5, k));
    CHECK(predictions(masked) == 3);  // 3.2; words of one piece fill what others leave
    for (const auto& word : words) {
      for (const size_t i : word) {
        CHECK((masked.hiding[i] == Hiding::none) == (masked.hiding[word[0]] == Hiding::none));
      }
      chosen[word[0]] += masked.hiding[word[0]] != Hiding::none;
    }
  }
  // c##b##c is predicted only if it comes first of eight.
  check_share(chosen[4], 2000, 1.0 / 8);
}

TEST_CASE("mask_tokens: the same stream hides the same tokens, another others") {
  const auto ids_of = [](uint64_t a, uint64_t b) {
    return mask_tokens(sequence(100), letters(), {}, stream(a, b)).ids;
  };
  CHECK(ids_of(1, 1) == ids_of(1, 1));
  CHECK(ids_of(1, 1) != ids_of(1, 2));
  CHECK(ids_of(1, 1) != ids_of(2, 1));
}

TEST_CASE("mask_tokens: a sequence without words has nothing to predict") {
  const std::vector<int32_t> ids = {2, 1, 3};
  CHECK(predictions(mask_tokens(ids, letters(), {}, stream(1))) == 0);
  CHECK(mask_tokens({}, letters(), {}, stream(1)).ids.empty());
}

TEST_CASE("masking: impossible shares are refused, and so is a vocabulary without [MASK]") {
  const auto message = [](const MaskingOptions& options) {
    return sentence_of<ValueError>([&] { check_masking(options); });
  };
  CHECK(message({.probability = 1.5}) == "masking: the probability 1.5 is outside [0, 1]");
  CHECK(message({.probability = std::nan("")}) == "masking: the probability nan is outside [0, 1]");
  CHECK(message({.mask_share = 0.8, .random_share = 0.3}) ==
        "masking: the shares of [MASK], 0.8, and of random tokens, 0.3, add up to more than 1");
  CHECK(message({.most = -1}) == "masking: at most -1 predictions per sequence");
  const WordPieceTokenizer bare({.tokens = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "a"}});
  CHECK(sentence_of<ValueError>([&] { PretrainingVocabulary{bare}; }) ==
        "WordPiece: the vocabulary has no [MASK]");
}
