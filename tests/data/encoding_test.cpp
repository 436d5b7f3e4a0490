// Framing, truncation and padding. Truncated lengths are those that Hugging Face's tokenizers give.

#include "data/encoding.h"

#include "data/bpe_train.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

Tokenizer wordpiece() {
  return Tokenizer(WordPieceTokenizer({.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
                                                  "un", "##aff", "##able", "a", "b"}}));
}

std::vector<std::string> parts(std::string_view text, const Encoding& encoding) {
  std::vector<std::string> result;
  for (const ByteRange& source : encoding.sources) {
    result.emplace_back(text.substr(source.begin, source.end - source.begin));
  }
  return result;
}

std::string repeated(const std::string& word, int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += word + ' ';
  return text;
}

}  // namespace

TEST_CASE("encode: BERT frames a text by [CLS] and [SEP], which have no source and no word") {
  const std::string text = "A  unaffable";
  const Encoding e = encode(wordpiece(), text);
  CHECK(e.ids == std::vector<int32_t>{2, 8, 5, 6, 7, 3});
  CHECK(e.types == std::vector<int32_t>(6, 0));
  CHECK(parts(text, e) == std::vector<std::string>{"", "A", "un", "aff", "able", ""});
  CHECK(e.words == std::vector<size_t>{no_word, 0, 1, 1, 1, no_word});
  CHECK(e.dropped == 0);
  CHECK(encode(wordpiece(), "").ids == std::vector<int32_t>{2, 3});
}

TEST_CASE("encode_pair: the second text has type 1, and offsets and words of its own") {
  const Encoding e = encode_pair(wordpiece(), "a b", "b");
  CHECK(e.ids == std::vector<int32_t>{2, 8, 9, 3, 9, 3});
  CHECK(e.types == std::vector<int32_t>{0, 0, 0, 0, 1, 1});
  CHECK(e.words == std::vector<size_t>{no_word, 0, 1, no_word, 0, no_word});
  CHECK(e.sources[4].begin == 0);
  CHECK(e.sources[4].end == 1);
  CHECK(encode_pair(wordpiece(), "", "").ids == std::vector<int32_t>{2, 3, 3});
}

TEST_CASE("encode: a special token that the text spells out becomes that token") {
  CHECK(encode(wordpiece(), "a[SEP]b").ids == std::vector<int32_t>{2, 8, 3, 9, 3});
}

TEST_CASE("encode: GPT's texts stand after ends of text, characters stand bare") {
  const BPETokenizer bpe = train_bpe("the cat the cat", 262);
  const int32_t end = *Tokenizer(bpe).end_of_text_id();
  const std::string text = "the cat";
  std::vector<int32_t> framed{end};
  for (const int32_t id : bpe.encode(text)) framed.push_back(id);
  const Encoding e = encode(Tokenizer(bpe), text);
  CHECK(e.ids == framed);
  std::string all;
  for (const std::string& part : parts(text, e)) all += part;
  CHECK(all == text);
  CHECK(format_of(Tokenizer(train_bpe("the", 300, {}))).pad == 0);

  const Tokenizer characters(CharTokenizer::train("aé"));
  const Encoding bare = encode(characters, "éa");
  CHECK(bare.ids == std::vector<int32_t>{1, 0});
  CHECK(parts("éa", bare) == std::vector<std::string>{"é", "a"});
  CHECK(bare.words == std::vector<size_t>{0, 1});
  CHECK_THROWS_AS(encode(characters, "b"), ValueError);
}

TEST_CASE("encode_pair: GPT's texts are kept apart by an end of text, and nothing follows them") {
  const Tokenizer bpe(train_bpe("the cat the cat", 262));
  const int32_t end = *bpe.end_of_text_id();
  const int32_t t = bpe.encode("t")[0], c = bpe.encode("c")[0];
  const Encoding e = encode_pair(bpe, "t", "c");
  CHECK(e.ids == std::vector<int32_t>{end, t, end, c});
  CHECK(e.types == std::vector<int32_t>{0, 0, 0, 1});
  CHECK(e.words == std::vector<size_t>{no_word, 0, no_word, 0});
  CHECK(encode_pair(bpe, "t", "ccc", {.max_length = 4}).ids == e.ids);
  CHECK(encode_pair(bpe, "t", "").ids == std::vector<int32_t>{end, t});
  CHECK(encode_pair(bpe, "", "c").ids == std::vector<int32_t>{end, end, c});
}

TEST_CASE("encode: a text that is too long loses its end, and what was lost is counted") {
  const Encoding e = encode(wordpiece(), "a b a b", {.max_length = 4});
  CHECK(e.ids == std::vector<int32_t>{2, 8, 9, 3});
  CHECK(e.dropped == 2);
  CHECK(encode(wordpiece(), "a b", {.max_length = 2}).ids == std::vector<int32_t>{2, 3});
  CHECK(contains(sentence_of<ValueError>([] { encode(wordpiece(), "a", {.max_length = 1}); }),
                 "at most 1 ids, but the framing of a text takes 2"));
  CHECK_THROWS_AS(encode_pair(wordpiece(), "a", "b", {.max_length = 2}), ValueError);
  CHECK_THROWS_AS(encode(wordpiece(), "a", {.max_length = -1}), ValueError);
}

TEST_CASE("encode_pair: the longer text is cut first, then both") {
  struct Case {
    int64_t room, a, b, kept_a, kept_b;
  };
  for (const Case& c : std::vector<Case>{{6, 3, 3, 3, 3},
                                         {5, 5, 2, 3, 2},
                                         {5, 2, 5, 2, 3},
                                         {5, 3, 3, 2, 3},
                                         {5, 4, 3, 3, 2},
                                         {5, 3, 4, 2, 3},
                                         {4, 4, 4, 2, 2},
                                         {3, 0, 5, 0, 3},
                                         {3, 5, 1, 2, 1},
                                         {1, 2, 2, 0, 1},
                                         {1, 3, 2, 1, 0},
                                         {0, 2, 2, 0, 0}}) {
    CAPTURE(c.room);
    CAPTURE(c.a);
    CAPTURE(c.b);
    const Encoding e = encode_pair(wordpiece(), repeated("a", c.a), repeated("b", c.b),
                                   {.max_length = c.room + 3});
    CHECK(std::ranges::count(e.ids, 8) == c.kept_a);
    CHECK(std::ranges::count(e.ids, 9) == c.kept_b);
    CHECK(e.dropped == c.a + c.b - c.kept_a - c.kept_b);
  }
}

TEST_CASE("pad: the batch is as long as its longest text, and the mask covers what is added") {
  const Tokenizer t = wordpiece();
  const EncodedBatch batch = pad(std::vector{encode(t, "a"), encode_pair(t, "b", "a")}, 0);
  CHECK(batch.ids.shape == Shape{2, 5});
  CHECK(std::ranges::equal(batch.ids.ids, std::vector<int32_t>{2, 8, 3, 0, 0, 2, 9, 3, 8, 3}));
  CHECK(std::ranges::equal(batch.types.ids, std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
  CHECK(batch.key_mask.to_vector() == std::vector<real>{1, 1, 1, 0, 0, 1, 1, 1, 1, 1});
}

TEST_CASE("pad: texts of equal length have no mask") {
  const Tokenizer t = wordpiece();
  const EncodedBatch batch = pad(std::vector{encode(t, "a"), encode(t, "b")}, 7);
  CHECK(batch.ids.shape == Shape{2, 3});
  CHECK_FALSE(batch.key_mask.defined());
  CHECK_THROWS_AS(pad({}, 0), ValueError);
}
