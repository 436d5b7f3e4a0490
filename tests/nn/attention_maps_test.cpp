// The probabilities that attention's kernel does not keep.

#include "nn/attention_maps.h"

#include <cmath>

#include "nn/attention_probabilities.h"
#include "nn/positions.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// P v for every head. p (B, NH, T, S), v (B, S, NH, hs) -> (B, T, NH, hs)
Tensor applied(const Tensor& p, const Tensor& v) {
  return matmul(p, v.transpose(1, 2)).transpose(1, 2);
}

}  // namespace

TEST_CASE("attention_probabilities: softmax(q kᵀ / √hs), by hand") {
  const Tensor q = from_data({1, 1, 1, 4}, {2, 0, 0, 0});
  const Tensor k = from_data({1, 3, 1, 4}, {1, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0});
  const std::vector<real> p = attention_probabilities(q, k).to_vector();  // scores 1, 0, -1
  const double sum = std::exp(1.0) + 1 + std::exp(-1.0);
  REQUIRE(p.size() == 3);
  CHECK(p[0] == doctest::Approx(std::exp(1.0) / sum));
  CHECK(p[1] == doctest::Approx(1 / sum));
  CHECK(p[2] == doctest::Approx(std::exp(-1.0) / sum));
}

TEST_CASE(
    "attention is its probabilities times v, whatever it is told, for more keys than channels") {
  const Shape shape{2, 11, 4, 6};
  const Tensor q = randn(shape, {1, 1}), k = randn(shape, {1, 2}), v = randn(shape, {1, 3});
  Tensor mask = ones({2, 11});
  mask.mutable_data()[10] = 0;
  const AttentionOptions all[] = {{},
                                  {.causal = true},
                                  {.causal = true, .window = 3},
                                  {.scale = 1, .key_mask = mask},
                                  {.causal = true, .relative_bias = alibi_bias(4, 11, 11)}};
  for (const AttentionOptions& o : all) {
    const Tensor p = attention_probabilities(q, k, o);
    CHECK(p.shape() == Shape{2, 4, 11, 11});
    CHECK(difference(sum(p, {-1}), ones({2, 4, 11})) == "");
    CHECK(difference(applied(p, v), attention(q, k, v, o)) == "");
  }
}

TEST_CASE("attention_maps of a GPT: a map for every layer, in which no token looks ahead") {
  GPTConfig config{.block_size = 8, .vocab_size = 11, .n_layer = 3, .n_head = 4, .n_embd = 16};
  config.kv_heads = 2;
  config.positions = Positions::rope;
  const GPT model(config);
  const std::vector<Tensor> maps = attention_maps(model, Tokens({2, 5}, 3));
  CHECK(maps.size() == 3);
  for (const Tensor& map : maps) {
    REQUIRE(map.shape() == Shape{2, 4, 5, 5});
    for (int64_t t = 0; t < 4; ++t) {
      const std::vector<real> ahead = map.narrow(2, t, 1).narrow(3, t + 1, 4 - t).to_vector();
      CHECK(ahead == std::vector<real>(ahead.size(), 0));
    }
  }
}

TEST_CASE("attention_maps of a BERT: every token looks everywhere, but at padding") {
  const BERT model({.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 8});
  const Tokens ids({1, 4}, {1, 2, 3, 0});
  const std::vector<Tensor> maps =
      attention_maps(model, ids, Tokens(ids.shape), from_data({1, 4}, {1, 1, 1, 0}));
  REQUIRE(maps.size() == 2);
  for (const real p : maps[0].narrow(3, 0, 3).to_vector()) CHECK(p > 0);
  for (const real p : maps[0].narrow(3, 3, 1).to_vector()) CHECK(p == 0);
}

TEST_CASE(
    "attention_maps of an encoder-decoder: all of the source is seen, nothing of the future") {
  const EncoderDecoder model({.block_size = 8,
                              .vocab_size = 11,
                              .n_layer = 2,
                              .n_decoder_layer = 3,
                              .n_head = 2,
                              .n_embd = 8});
  const EncoderDecoderMaps maps =
      attention_maps(model, Tokens({1, 5}, {1, 2, 3, 4, 5}), Tokens({1, 3}, {0, 6, 7}));
  REQUIRE(maps.encoder.size() == 2);
  REQUIRE(maps.decoder.size() == 3);
  REQUIRE(maps.cross.size() == 3);
  CHECK(maps.encoder[0].shape() == Shape{1, 2, 5, 5});
  CHECK(maps.decoder[0].shape() == Shape{1, 2, 3, 3});
  CHECK(maps.cross[0].shape() == Shape{1, 2, 3, 5});
  for (const Tensor& map : maps.cross) {
    CHECK(difference(sum(map, {-1}), ones({1, 2, 3})) == "");
    for (const real p : map.to_vector()) CHECK(p > 0);
  }
  CHECK(maps.decoder[0].narrow(2, 0, 1).narrow(3, 1, 2).to_vector() == std::vector<real>(4, 0));
}
