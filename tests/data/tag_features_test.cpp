// Tagged words as pieces and back.

#include "data/tag_features.h"

#include <doctest/doctest.h>

#include "data/batches.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using IdList = std::vector<int32_t>;
using Words = std::vector<std::string>;
constexpr int32_t none = no_target;

Tokenizer pieces_and_words() {
  return Tokenizer(WordPieceTokenizer({.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff",
                                                  "##able", "a", "b", "'", "s"}}));
}

// The tags of all words as they come back when each first piece is predicted as its target.
IdList round_trip(const std::vector<TaggedEncoding>& encodings, size_t words) {
  IdList tags(words, 99);
  for (const TaggedEncoding& e : encodings) place_tags(e, e.targets, tags);
  return tags;
}

}  // namespace

TEST_CASE("tags: the first piece of a word carries its tag, all others none") {
  const Tokenizer t = pieces_and_words();
  const auto encoded = encode_words(t, Words{"a", "unaffable", "b's"}, IdList{5, 6, 7});
  REQUIRE(encoded.size() == 1);
  const TaggedEncoding& e = encoded[0];
  CHECK(e.encoding.ids == IdList{2, 7, 4, 5, 6, 8, 9, 10, 3});
  CHECK(e.encoding.types == IdList(9, 0));
  CHECK(e.encoding.words == std::vector<size_t>{no_word, 0, 1, 1, 1, 2, 2, 2, no_word});
  CHECK(e.targets == IdList{none, 5, 6, none, none, 7, none, none, none});
  CHECK(round_trip(encoded, 3) == IdList{5, 6, 7});
}

TEST_CASE("tags: a long sentence is cut before words, and no word is lost") {
  const Tokenizer t = pieces_and_words();
  const Words words{"a", "unaffable", "b", "a", "b", "unaffable"};
  const IdList tags{0, 1, 2, 3, 4, 5};
  for (const int64_t length : {5, 6, 7, 9, 12}) {
    CAPTURE(length);
    const auto encoded = encode_words(t, words, tags, {.max_length = length});
    for (const TaggedEncoding& e : encoded) {
      CHECK(e.encoding.ids.size() <= static_cast<size_t>(length));
      CHECK(e.encoding.ids.size() == e.targets.size());
      CHECK(e.encoding.dropped == 0);
    }
    CHECK(round_trip(encoded, 6) == tags);
  }
  CHECK(encode_words(t, words, tags, {.max_length = 6})[0].encoding.ids ==
        IdList{2, 7, 4, 5, 6, 3});
}

TEST_CASE("tags: of a word that alone is too long the first pieces stay") {
  const auto encoded = encode_words(pieces_and_words(), Words{"a", "unaffable", "b"},
                                    IdList{1, 2, 3}, {.max_length = 4});
  REQUIRE(encoded.size() == 3);
  CHECK(encoded[1].encoding.ids == IdList{2, 4, 5, 3});
  CHECK(encoded[1].encoding.dropped == 1);
  CHECK(round_trip(encoded, 3) == IdList{1, 2, 3});
}

TEST_CASE("tags: a word without pieces keeps the tag that it had") {
  const auto encoded = encode_words(pieces_and_words(), Words{"a", "\u200b", "b"}, IdList{1, 2, 3});
  CHECK(round_trip(encoded, 3) == IdList{1, 99, 3});
  const auto nothing = encode_words(pieces_and_words(), Words{"\u200b"}, IdList{1});
  REQUIRE(nothing.size() == 1);
  CHECK(nothing[0].encoding.ids == IdList{2, 3});
}

TEST_CASE("tags: a character tokenizer's words begin at their first letter") {
  const Tokenizer t(CharTokenizer::train("ab "));
  const auto encoded = encode_words(t, Words{"ab", "b"}, IdList{1, 2});
  CHECK(round_trip(encoded, 2) == IdList{1, 2});
}

TEST_CASE("tags: targets side by side, and no targets where none are known") {
  const Tokenizer t = pieces_and_words();
  std::vector<TaggedEncoding> both = encode_words(t, Words{"a", "b"}, IdList{1, 2});
  both.push_back(encode_words(t, Words{"b"}, {})[0]);
  const Tokens targets = pad_targets(both);
  CHECK(targets.shape == Shape{2, 4});
  CHECK(IdList(targets.ids.begin(), targets.ids.end()) ==
        IdList{none, 1, 2, none, none, none, none, none});
}

TEST_CASE("tags: refused are no words, unequal numbers, and no room") {
  const Tokenizer t = pieces_and_words();
  const auto refused = [&](const Words& words, const IdList& tags, int64_t length) {
    return sentence_of<ValueError>([&] { encode_words(t, words, tags, {.max_length = length}); });
  };
  CHECK(contains(refused({}, {}, 9), "there are no words"));
  CHECK(contains(refused({"a"}, {1, 2}, 9), "1 words and 2 tags disagree"));
  CHECK(contains(refused({"a"}, {1}, 2), "2 ids at most leave no room for a word"));
}
