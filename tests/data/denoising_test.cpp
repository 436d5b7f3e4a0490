// Span corruption and text infilling against the papers' numbers; what was spoiled can be restored.

#include "data/denoising.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "pretraining_support.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::check_share;
using testing::contains;
using testing::sentence_of;

namespace {

// <pad> 0, </s> 1, <mask> 2, sentinels 3 ... 102; texts count up from 1000.
Seq2SeqTokens some_tokens() {
  Seq2SeqTokens tokens{.pad = 0, .start = 0, .end = 1, .mask = 2};
  for (int32_t i = 0; i < 100; ++i) tokens.sentinels.push_back(3 + i);
  return tokens;
}

std::vector<int32_t> counted_ids(size_t n) {
  std::vector<int32_t> ids(n);
  std::iota(ids.begin(), ids.end(), 1000);
  return ids;
}

bool is_text(int32_t id) { return id >= 1000; }

RandomStream noise(uint64_t a) { return {7, "tests/denoising", a, 0}; }

// What stood there: every sentinel of the source replaced by what follows it in the target.
std::vector<int32_t> restored(const TokenPair& pair) {
  std::vector<int32_t> ids;
  for (const int32_t id : pair.source) {
    if (is_text(id)) {
      ids.push_back(id);
      continue;
    }
    auto at = std::ranges::find(pair.target, id);
    if (id == 1) break;
    REQUIRE(at != pair.target.end());
    for (++at; is_text(*at); ++at) ids.push_back(*at);
  }
  return ids;
}

// Lengths of the hidden spans, in their order.
std::vector<int64_t> span_lengths(const TokenPair& pair) {
  std::vector<int64_t> lengths;
  for (const int32_t id : pair.target) {
    if (is_text(id)) ++lengths.back();
    if (id >= 3 && !is_text(id)) lengths.push_back(0);
  }
  lengths.pop_back();  // after the last sentinel nothing follows
  return lengths;
}

}  // namespace

TEST_CASE("span corruption: 15 % of 512 tokens are 77, in 26 spans, and they can be put back") {
  const std::vector<int32_t> text = counted_ids(512);
  for (uint64_t i = 0; i < 50; ++i) {
    const TokenPair pair = corrupt_spans(text, {}, some_tokens(), noise(i));
    const std::vector<int64_t> lengths = span_lengths(pair);
    CHECK(lengths.size() == 26);
    CHECK(std::accumulate(lengths.begin(), lengths.end(), int64_t{0}) == 77);
    CHECK(std::ranges::min(lengths) >= 1);
    CHECK(pair.source.size() == 512 - 77 + 26 + 1);
    CHECK(pair.target.size() == 77 + 27 + 1);
    CHECK(restored(pair) == text);
  }
}

TEST_CASE("span corruption: sentinels count up, the last one ends the target, </s> ends both") {
  const TokenPair pair = corrupt_spans(counted_ids(40), {}, some_tokens(), noise(0));
  CHECK(pair.source.back() == 1);
  CHECK(pair.target.back() == 1);
  CHECK(is_text(pair.source.front()));
  CHECK(pair.source[pair.source.size() - 2] == 4);  // <extra_id_1> hides the end of the text
  std::vector<int32_t> sentinels;
  std::ranges::copy_if(pair.target, std::back_inserter(sentinels),
                       [](int32_t id) { return id >= 3 && !is_text(id); });
  CHECK(sentinels == std::vector<int32_t>{3, 4, 5});
}

TEST_CASE("span corruption: every composition of the lengths is as likely as any other") {
  // 8 tokens, half of them in two spans: {1,3}, {2,2}, {3,1} of what is kept and of what is hidden.
  const DenoisingOptions half{.share = 0.5, .mean_span = 2};
  std::map<std::vector<int32_t>, int> counts;
  constexpr int draws = 9000;
  for (uint64_t i = 0; i < draws; ++i) {
    ++counts[corrupt_spans(counted_ids(8), half, some_tokens(), noise(i)).source];
  }
  CHECK(counts.size() == 9);
  for (const auto& [source, count] : counts) check_share(count, draws, 1.0 / 9);
}

TEST_CASE("span corruption of short texts: one token stays, two lose one, three lose one") {
  const Seq2SeqTokens tokens = some_tokens();
  const TokenPair none = corrupt_spans({}, {}, tokens, noise(0));
  CHECK(none.source == std::vector<int32_t>{1});
  CHECK(none.target == std::vector<int32_t>{3, 1});
  const TokenPair one = corrupt_spans(counted_ids(1), {}, tokens, noise(0));
  CHECK(one.source == std::vector<int32_t>{1000, 1});
  const TokenPair two = corrupt_spans(counted_ids(2), {}, tokens, noise(0));
  CHECK(two.source == std::vector<int32_t>{1000, 3, 1});
  CHECK(two.target == std::vector<int32_t>{3, 1001, 4, 1});
  CHECK(restored(corrupt_spans(counted_ids(3), {}, tokens, noise(0))) == counted_ids(3));
}

TEST_CASE("text infilling: 30 % are hidden, the target is the whole text") {
  const std::vector<int32_t> text = counted_ids(100);
  const DenoisingOptions options{.kind = Denoising::text_infilling, .share = 0.3};
  double masks = 0;
  constexpr int draws = 400;
  for (uint64_t i = 0; i < draws; ++i) {
    const TokenPair pair = infill_text(text, options, some_tokens(), noise(i));
    std::vector<int32_t> expected = text;
    expected.push_back(1);
    CHECK(pair.target == expected);
    CHECK(std::ranges::count_if(pair.source, is_text) == 70);
    std::vector<int32_t> kept;
    std::ranges::copy_if(pair.source, std::back_inserter(kept), is_text);
    CHECK(std::ranges::is_sorted(kept));
    CHECK(pair.source.size() <= text.size() + 1);
    masks += static_cast<double>(std::ranges::count(pair.source, 2));
  }
  // Renewals of Poisson(3) until 30: 30 / 3 + (3 + 9) / (2 * 9) in the limit.
  CHECK(masks / draws == doctest::Approx(10.67).epsilon(0.03));
}

TEST_CASE("text infilling: the lengths of spans are Poisson(3), one in twenty inserts a mask") {
  const std::vector<int32_t> text = counted_ids(1000);
  const DenoisingOptions options{.kind = Denoising::text_infilling, .share = 0.3};
  std::map<int64_t, double> counts;
  double spans = 0;
  for (uint64_t i = 0; i < 60; ++i) {
    const std::vector<int32_t> source = infill_text(text, options, some_tokens(), noise(i)).source;
    for (size_t k = 1; k + 1 < source.size(); ++k) {  // spans between two kept tokens
      if (source[k] != 2 || !is_text(source[k - 1]) || !is_text(source[k + 1])) continue;
      ++counts[source[k + 1] - source[k - 1] - 1];
      ++spans;
    }
  }
  double poisson = std::exp(-3.0);
  for (int64_t length = 0; length <= 6; ++length) {
    CAPTURE(length);
    check_share(counts[length], spans, poisson);
    poisson *= 3.0 / static_cast<double>(length + 1);
  }
}

TEST_CASE("text infilling of short texts stays within their length") {
  const DenoisingOptions options{.kind = Denoising::text_infilling, .share = 0.3};
  CHECK(infill_text({}, options, some_tokens(), noise(0)).source == std::vector<int32_t>{1});
  for (uint64_t i = 0; i < 200; ++i) {
    CHECK(infill_text(counted_ids(1), options, some_tokens(), noise(i)).source ==
          std::vector<int32_t>{2, 1});
    CHECK(infill_text(counted_ids(5), options, some_tokens(), noise(i)).source.size() <= 6);
  }
}

TEST_CASE("denoising depends on the stream of random numbers alone") {
  for (const Denoising kind : {Denoising::span_corruption, Denoising::text_infilling}) {
    const DenoisingOptions options{.kind = kind};
    const auto source = [&](uint64_t a) {
      return denoise(counted_ids(60), options, some_tokens(), noise(a)).source;
    };
    CHECK(source(1) == source(1));
    CHECK(source(1) != source(2));
  }
}

TEST_CASE("denoising: impossible options and missing tokens are named") {
  CHECK(contains(sentence_of<ValueError>([] { check_denoising({.share = 0}); }), "share of 0"));
  CHECK(contains(sentence_of<ValueError>([] { check_denoising({.share = 1}); }), "share of 1"));
  CHECK(contains(sentence_of<ValueError>([] { check_denoising({.mean_span = 0.5}); }), "0.5"));
  Seq2SeqTokens few = some_tokens();
  few.sentinels.resize(2);
  few.mask = -1;
  CHECK(
      contains(sentence_of<ValueError>([&] { corrupt_spans(counted_ids(100), {}, few, noise(0)); }),
               "there are 2"));
  CHECK(contains(sentence_of<ValueError>([&] { infill_text(counted_ids(9), {}, few, noise(0)); }),
                 "no <mask>"));
}
