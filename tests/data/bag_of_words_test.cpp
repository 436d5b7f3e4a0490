// Bags of words, against counts by hand.

#include "data/bag_of_words.h"

#include <doctest/doctest.h>

#include <cmath>

#include "support.h"

using namespace gradus;
using doctest::Approx;
using testing::contains;
using testing::difference;
using testing::sentence_of;

namespace {

std::vector<LabelledText> texts(std::initializer_list<const char*> all) {
  std::vector<LabelledText> result;
  for (const char* text : all) result.push_back({.text = text, .label = "x"});
  return result;
}

std::vector<std::string> words(const BagOfWords& bag) {
  std::vector<std::string> result;
  for (int64_t i = 0; i < bag.size(); ++i) result.push_back(bag.word(i));
  return result;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a bag knows the words that occur often enough, the most frequent first") {
  const auto train = texts({"The c\u00e4t, the DOG", "a dog, a cat", "the bird"});
  CHECK(words(BagOfWords(train, {.min_count = 2})) == Words{"the", ",", "a", "cat", "dog"});
  CHECK(words(BagOfWords(train, {.min_count = 3})) == Words{"the"});
  CHECK(words(BagOfWords(texts({"x y x y"}), {.bigrams = true})) == Words{"x", "x y", "y"});
}

TEST_CASE("binary rows hold 1 where a word occurs, tf-idf rows weigh and have length 1") {
  const auto train = texts({"a b", "a c c", "a b"});
  const BagOfWords binary(train, {.min_count = 1});  // a b c
  const SparseRows rows = binary.rows(texts({"c a c z", "z", "b"}));
  CHECK(rows.rows() == 3);
  CHECK(difference(dense(rows, 0, 3), from_data({3, 3}, {1, 0, 1, 0, 0, 0, 0, 1, 0})) == "");
  CHECK(difference(dense(rows, 2, 1), from_data({1, 3}, {0, 1, 0})) == "");
  CHECK(dense(rows, 3, 0).shape() == Shape{0, 3});
  const BagOfWords weighted(train, {.min_count = 1, .weight = WordWeight::tf_idf});
  const std::vector<real> row = dense(weighted.rows(texts({"a b c c"})), 0, 1).to_vector();
  const double b = std::log(3.0 / 2), c = 2 * std::log(3.0), length = std::sqrt(b * b + c * c);
  CHECK(row[0] == 0);  // in every text
  CHECK(row[1] == Approx(b / length));
  CHECK(row[2] == Approx(c / length));
}

TEST_CASE("the second text of a pair has columns of its own") {
  const std::vector<LabelledText> pair{{.text = "a b", .second = "a", .label = "x"}};
  const BagOfWords bag(pair, {.min_count = 1});
  CHECK(words(bag) == Words{"a", "b", "|a"});
  CHECK(bag.rows(pair).columns == std::vector<int32_t>{0, 1, 2});
}

TEST_CASE("a bag of no texts, and rows that are not there, are refused") {
  CHECK(contains(sentence_of<ValueError>([] { BagOfWords({}, {}); }), "there are no texts"));
  const auto train = texts({"a"});
  CHECK(contains(sentence_of<ValueError>([&] { BagOfWords(train, {.min_count = 0}); }),
                 "not 0 times"));
  const SparseRows rows = BagOfWords(train, {}).rows(train);
  for (const auto& [begin, count] : {std::pair<int64_t, int64_t>{0, 2}, {-1, 1}, {2, 0}, {0, -1}}) {
    CHECK_THROWS_AS(dense(rows, begin, count), ValueError);
  }
}
