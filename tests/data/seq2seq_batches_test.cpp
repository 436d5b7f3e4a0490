// Batches of pairs and of spoiled texts: what stands where, and that a number resumes them.

#include "data/seq2seq_batches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "data/bpe_train.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using PairIds = std::vector<int32_t>;

Seq2SeqTokens batch_tokens() {
  Seq2SeqTokens tokens{.pad = 0, .start = 9, .end = 1, .mask = 2};
  for (int32_t i = 0; i < 100; ++i) tokens.sentinels.push_back(10 + i);
  return tokens;
}

PairIds ids_of_row(const Tokens& tokens, int64_t b) {
  const int32_t* first = tokens.data() + b * tokens.dim(1);
  return {first, first + tokens.dim(1)};
}

bool same(const Seq2SeqBatch& a, const Seq2SeqBatch& b) {
  return a.source.ids == b.source.ids && a.inputs.ids == b.inputs.ids &&
         a.targets.ids == b.targets.ids;
}

Seq2SeqTokenizer words_of(const std::string& text) {
  return Seq2SeqTokenizer(Tokenizer(train_words(text, 500, seq2seq_special_tokens())));
}

TokenView counting_text(int32_t n) {
  PairIds ids(static_cast<size_t>(n));
  std::iota(ids.begin(), ids.end(), 200);
  return ids;
}

}  // namespace

TEST_CASE("a batch: the decoder reads the target one place late; padding is no target") {
  const std::vector<TokenPair> pairs{{{5, 6, 1}, {7, 1}}, {{8, 1}, {3, 4, 5, 1}}};
  const Seq2SeqBatch batch = batch_of(pairs, batch_tokens());
  CHECK(ids_of_row(batch.source, 0) == PairIds{5, 6, 1});
  CHECK(ids_of_row(batch.source, 1) == PairIds{8, 1, 0});
  CHECK(batch.source_mask.to_vector() == std::vector<real>{1, 1, 1, 1, 1, 0});
  CHECK(ids_of_row(batch.inputs, 0) == PairIds{9, 7, 0, 0});
  CHECK(ids_of_row(batch.targets, 0) == PairIds{7, 1, no_target, no_target});
  CHECK(ids_of_row(batch.inputs, 1) == PairIds{9, 3, 4, 5});
  CHECK(ids_of_row(batch.targets, 1) == PairIds{3, 4, 5, 1});
  CHECK_FALSE(batch_of(std::span(pairs).first(1), batch_tokens()).source_mask.defined());
}

TEST_CASE("a batch of nothing, or of an empty text, is refused") {
  CHECK(contains(sentence_of<ValueError>([] { batch_of({}, batch_tokens()); }), "no pairs"));
  const std::vector<TokenPair> empty{{{1}, {}}};
  CHECK(contains(sentence_of<ValueError>([&] { batch_of(empty, batch_tokens()); }), "empty"));
}

TEST_CASE("pairs are cut to their lengths, keep </s>, and are counted") {
  const Seq2SeqTokenizer tokenizer = words_of(" one two three four\n");
  const std::vector<TextPair> texts{{"one two three", "four"}, {"one", "one two three four"}};
  const EncodedPairs all = encode_pairs(tokenizer, texts, {.source = 4, .target = 5});
  CHECK(all.sources_cut == 0);
  CHECK(all.targets_cut == 0);
  const EncodedPairs cut = encode_pairs(tokenizer, texts, {.source = 3, .target = 3});
  CHECK(cut.sources_cut == 1);
  CHECK(cut.targets_cut == 1);
  for (const TokenPair& pair : cut.pairs) {
    CHECK(pair.source.back() == tokenizer.tokens().end);
    CHECK(pair.target.back() == tokenizer.tokens().end);
    CHECK(std::max(pair.source.size(), pair.target.size()) <= 3);
  }
  CHECK(tokenizer.decode(cut.pairs[0].source) == "one two");
  CHECK(contains(
      sentence_of<ValueError>([&] { encode_pairs(tokenizer, texts, {.source = 1, .target = 5}); }),
      "at least 2"));
}

TEST_CASE("a pair loader: every pair once an epoch; batch k is the same whenever it is asked for") {
  std::vector<TokenPair> pairs;
  for (int32_t i = 0; i < 10; ++i) pairs.push_back({{i + 20, 1}, {i + 40, 1}});
  const PairLoader loader(pairs, batch_tokens(), 4, 3), again(pairs, batch_tokens(), 4, 3);
  for (uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::map<int32_t, int> seen;
    for (uint64_t k = 3 * epoch; k < 3 * epoch + 3; ++k) {
      const Seq2SeqBatch batch = loader.batch(k);
      for (int64_t b = 0; b < batch.source.dim(0); ++b) {
        ++seen[ids_of_row(batch.source, b)[0]];
        CHECK(ids_of_row(batch.targets, b)[0] == ids_of_row(batch.source, b)[0] + 20);
      }
    }
    CHECK(seen.size() == 10);
  }
  for (const uint64_t k : {8u, 0u, 5u, 4u}) CHECK(same(loader.batch(k), again.batch(k)));
  const PairLoader other(pairs, batch_tokens(), 4, 4);
  CHECK_FALSE(same(loader.batch(0), other.batch(0)));
}

TEST_CASE("a denoising loader: rows of the text, spoiled anew at each visit, resumed by a number") {
  const DenoisingConfig config{.batch_size = 3, .length = 20, .seed = 5};
  const DenoisingLoader loader(counting_text(200), batch_tokens(), config);
  const DenoisingLoader again(counting_text(200), batch_tokens(), config);
  for (const uint64_t k : {4u, 0u, 9u}) CHECK(same(loader.batch(k), again.batch(k)));
  CHECK_FALSE(same(loader.batch(0), loader.batch(3)));
  const Seq2SeqBatch batch = loader.batch(2);
  CHECK(batch.source.dim(1) == 20 - 3 + 1 + 1);  // 3 of 20 tokens hidden in a span
  CHECK(batch.targets.dim(1) == 1 + 3 + 1 + 1);
  for (int64_t b = 0; b < 3; ++b) CHECK(ids_of_row(batch.inputs, b)[0] == 9);
}

TEST_CASE("a denoising loader keeps documents apart, and their separators out of the texts") {
  PairIds ids;
  for (int32_t document = 0; document < 5; ++document) {
    ids.push_back(7);  // the separator
    for (int32_t i = 0; i < 6 + document; ++i) ids.push_back(1000 + 100 * document + i);
  }
  ids.push_back(7);
  const DenoisingConfig config{.batch_size = 5,
                               .length = 12,
                               .denoising = {.kind = Denoising::text_infilling, .share = 0.3},
                               .separator = 7};
  const DenoisingLoader loader(TokenView(ids), batch_tokens(), config);
  const Seq2SeqBatch batch = loader.batch(0);
  for (int64_t b = 0; b < 5; ++b) {
    PairIds target = ids_of_row(batch.targets, b);
    std::erase(target, no_target);
    REQUIRE(target.back() == 1);
    const int32_t document = (target[0] - 1000) / 100;
    CHECK(target.size() == static_cast<size_t>(6 + document + 1));
    for (size_t i = 0; i + 1 < target.size(); ++i) {
      CHECK(target[i] == 1000 + 100 * document + static_cast<int32_t>(i));
    }
  }
}

TEST_CASE("denoising blocks read every token once and are always spoiled in the same way") {
  const DenoisingConfig config{.batch_size = 2,
                               .length = 10,
                               .denoising = {.kind = Denoising::text_infilling, .share = 0.3}};
  const DenoisingBlocks blocks(counting_text(46), batch_tokens(), config);
  PairIds seen;
  for (int64_t i = 0; i < blocks.size(); ++i) {
    CHECK(same(blocks[i], blocks[i]));
    for (const int32_t id : blocks[i].targets.ids) {
      if (id >= 200) seen.push_back(id);
    }
  }
  PairIds expected(45);
  std::iota(expected.begin(), expected.end(), 201);  // all but the first
  CHECK(seen == expected);
}

TEST_CASE("a row of denoising blocks is spoiled in the same way whatever the size of the batches") {
  DenoisingConfig config{.batch_size = 1, .length = 10};
  const DenoisingBlocks single(counting_text(46), batch_tokens(), config);
  config.batch_size = 3;
  const DenoisingBlocks three(counting_text(46), batch_tokens(), config);
  REQUIRE(single.size() == 5);
  REQUIRE(three.size() == 3);
  CHECK(same(single[4], three[2]));  // the partial row
  CHECK(ids_of_row(single[3].source, 0) == ids_of_row(three[1].source, 0));
}
