// The tokenizer of text-to-text models: special tokens, spaces at the beginning, ends.

#include "data/seq2seq_tokenizer.h"

#include <doctest/doctest.h>

#include "data/bpe_train.h"
#include "data/seq2seq_batches.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

Seq2SeqTokenizer kite_tokenizer() {
  return Seq2SeqTokenizer(
      Tokenizer(train_words(" Rosa lost her kite. Her kite\n", 400, seq2seq_special_tokens())));
}

}  // namespace

TEST_CASE("a word is the same token at the beginning of a text as within it") {
  const Seq2SeqTokenizer tokenizer = kite_tokenizer();
  const std::vector<int32_t> alone = tokenizer.encode("kite"), all = tokenizer.encode("her kite");
  REQUIRE(alone.size() == 1);
  CHECK(all.back() == alone[0]);
  CHECK(tokenizer.encode(" kite") == alone);
  CHECK(tokenizer.encode("").empty());
}

TEST_CASE("texts come back, up to </s> and without special tokens unless they are wanted") {
  const Seq2SeqTokenizer tokenizer = kite_tokenizer();
  for (const char* text : {"Rosa lost her kite.", "x", "  two spaces", "Việt Nam", ""}) {
    std::vector<int32_t> ids = tokenizer.encode(text);
    const std::string back = tokenizer.decode(ids);
    CHECK((back == text || " " + back == text));  // a space at the beginning is not told apart
    ids.push_back(tokenizer.tokens().end);
    ids.push_back(ids[0]);
    CHECK(tokenizer.decode(ids) == back);
  }
  const std::vector<int32_t> spoiled = tokenizer.encode("Rosa<extra_id_0> her<mask>");
  CHECK(spoiled.size() == 4);
  CHECK(tokenizer.decode(spoiled) == "Rosa her");
  CHECK(tokenizer.decode(spoiled, true) == "Rosa<extra_id_0> her<mask>");
  CHECK(spoiled[1] == tokenizer.tokens().sentinels.at(0));
  CHECK(spoiled[3] == tokenizer.tokens().mask);
  CHECK(tokenizer.tokens().sentinels.size() == 100);
  CHECK(tokenizer.tokens().start == tokenizer.tokens().pad);
}

TEST_CASE("a source as the encoder reads it: a space before it, </s> after it") {
  const Seq2SeqTokenizer tokenizer = kite_tokenizer();
  CHECK(tokenizer.as_read("her kite") == " her kite</s>");
  const std::vector<TokenPiece> pieces = tokenizer.pieces_as_read("her kite");
  REQUIRE(pieces.size() == 3);
  std::vector<int32_t> ids = tokenizer.encode("her kite");
  ids.push_back(tokenizer.tokens().end);
  for (size_t i = 0; i < 3; ++i) CHECK(pieces[i].id == ids[i]);
  CHECK(pieces[0].source.begin == 0);
  CHECK(pieces[0].source.end == 3);
  CHECK(pieces[1].source.begin == 3);
  CHECK(pieces[1].source.end == 8);
  CHECK(pieces[2].source.begin == 8);
  CHECK(pieces[2].source.end == 8);
}

TEST_CASE("a tokenizer whose files frame texts, as BART's do, leaves them as they are") {
  BPEVocabulary vocabulary = train_bpe("her kite", 300, {"<s>", "<pad>", "</s>"}).vocabulary();
  const Seq2SeqTokenizer unframed{Tokenizer(BPETokenizer(vocabulary))};
  const int32_t begin = BPETokenizer(vocabulary).encode("<s>").at(0);
  const int32_t end = unframed.tokens().end;
  vocabulary.frame = {.before = {begin}, .after = {end}};
  const Seq2SeqTokenizer tokenizer{Tokenizer(BPETokenizer(vocabulary))};
  CHECK(tokenizer.encode("her kite") == unframed.tokenizer().encode("her kite"));
  CHECK(tokenizer.as_read("her kite") == "<s>her kite</s>");
  const std::vector<TokenPiece> pieces = tokenizer.pieces_as_read("her kite");
  CHECK(pieces.front().id == begin);
  CHECK(pieces.front().source.end == 0);
  CHECK(pieces.back().id == end);
  CHECK(pieces.back().source.begin == 8);

  const TextPair pair{"her kite", "kite"};
  const TokenPair ids = encode_pairs(tokenizer, std::span(&pair, 1), {64, 64}).pairs[0];
  CHECK(ids.source.size() == pieces.size());
  for (const std::vector<int32_t>* side : {&ids.source, &ids.target}) {
    CHECK(side->front() == begin);
    CHECK(side->back() == end);
  }
  CHECK(tokenizer.decode(ids.target, true) == "kite");
  const TokenPair cut = encode_pairs(tokenizer, std::span(&pair, 1), {4, 3}).pairs[0];
  CHECK(cut.source.size() == 4);
  CHECK(cut.target.size() == 3);
  CHECK(cut.target.back() == end);
  vocabulary.frame.after = {begin};
  const Tokenizer other{BPETokenizer(vocabulary)};
  CHECK(contains(sentence_of<ValueError>([&] { const Seq2SeqTokenizer refused(other); }),
                 "frames them otherwise"));
}

TEST_CASE("half a character is shown as U+FFFD") {
  const Seq2SeqTokenizer tokenizer = kite_tokenizer();
  std::vector<int32_t> ids = tokenizer.encode("é");
  ids.pop_back();
  CHECK(tokenizer.decode(ids) == "\uFFFD");
}

TEST_CASE("special tokens are added after the last token, those that are there stay") {
  const BPETokenizer plain = train_bpe("a text of some words", 300);
  const BPETokenizer more = with_special_tokens(plain, seq2seq_special_tokens());
  CHECK(more.vocab_size() == plain.vocab_size() + 103);  // <|endoftext|> was there
  CHECK(more.encode("a text") == plain.encode("a text"));
  CHECK(with_special_tokens(more, seq2seq_special_tokens()).vocab_size() == more.vocab_size());
  const Seq2SeqTokenizer tokenizer{Tokenizer(more)};
  CHECK(tokenizer.tokens().pad == plain.vocab_size());
  testing::TemporaryFolder folder;
  tokenizer.tokenizer().save(folder.path());
  const Seq2SeqTokenizer loaded = Seq2SeqTokenizer::load(folder.path());
  CHECK(loaded.tokenizer().digest() == tokenizer.tokenizer().digest());
  CHECK(loaded.tokens().sentinels == tokenizer.tokens().sentinels);
}

TEST_CASE("a tokenizer that cannot serve is refused by name") {
  CHECK(contains(
      sentence_of<ValueError>([] { Seq2SeqTokenizer(Tokenizer(CharTokenizer::train("abc"))); }),
      "byte-level BPE"));
  CHECK(contains(
      sentence_of<ValueError>([] { Seq2SeqTokenizer(Tokenizer(train_bpe("a text", 257))); }),
      "<pad>"));
  testing::TemporaryFolder folder;
  train_bpe("a text", 257).save(folder.path());
  CHECK(contains(sentence_of<FileError>([&] { Seq2SeqTokenizer::load(folder.path()); }),
                 folder.path().string()));
}
