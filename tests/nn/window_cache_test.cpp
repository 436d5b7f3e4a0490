// A cache that keeps a window: the same logits as without a cache, in room for little more than the
// window, for texts of any length.

#include <numeric>

#include "nn/generate.h"
#include "nn/names.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

GPT windowed_gpt(Positions positions, int64_t window, int64_t block_size) {
  GPT model({.block_size = block_size,
             .vocab_size = 11,
             .n_layer = 3,
             .n_head = 4,
             .n_embd = 16,
             .kv_heads = 2,
             .window = window,
             .positions = positions});
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {17, counter++}) * real(0.4));
  }
  return model;
}

Tokens squares_text(int64_t B, int64_t length) {
  Tokens ids(Shape{B, length});
  for (int64_t i = 0; i < ids.numel(); ++i) ids.data()[i] = static_cast<int32_t>(i * i * 5 % 11);
  return ids;
}

Tokens text_columns(const Tokens& ids, int64_t from, int64_t count) {
  Tokens part(Shape{ids.dim(0), count});
  for (int64_t b = 0; b < ids.dim(0); ++b) {
    for (int64_t t = 0; t < count; ++t) {
      part.data()[b * count + t] = ids.data()[b * ids.dim(1) + from + t];
    }
  }
  return part;
}

}  // namespace

TEST_CASE("a cache of a window gives the logits of the whole text, however the tokens are cut") {
  const EvalMode evaluation;
  constexpr int64_t length = 40;
  const Tokens ids = squares_text(2, length);
  for (const Named<Positions>& named : position_names) {
    for (const int64_t window : {1, 2, 5, 60}) {
      CAPTURE(named.first);
      CAPTURE(window);
      const GPT model = windowed_gpt(named.second, window, length);
      const Tensor whole = model(ids);
      for (const int64_t piece : {1, 3, 8, 13}) {
        CAPTURE(piece);
        // The least room that is enough: what is kept, and the piece.
        KVCache cache(3, std::min(window - 1 + piece, length), window);
        for (int64_t t = 0; t < length; t += piece) {
          const int64_t count = std::min(piece, length - t);
          const Tensor logits = model(text_columns(ids, t, count), &cache);
          CHECK(difference(logits, whole.narrow(1, t, count)) == "");
        }
        CHECK(cache.length() == length);
        CHECK(cache.kept() == std::min(window - 1, length));
      }
    }
  }
}

TEST_CASE("a cache of a window wants room for what it keeps and the new tokens") {
  const EvalMode evaluation;
  const GPT model = windowed_gpt(Positions::rope, 5, 8);
  KVCache cache(3, 6, 5);
  model(squares_text(1, 6), &cache);
  CHECK(message_of<ValueError>([&] { model(squares_text(1, 3), &cache); }) ==
        "cache: 4 tokens and 3 more exceed its capacity 6");
}

TEST_CASE("generate: beyond block_size a window sees the whole text, cached or not") {
  using Sequence = std::vector<int32_t>;
  Sequence longer(20);
  std::iota(longer.begin(), longer.end(), 0);
  for (int32_t& id : longer) id %= 11;
  const std::vector<Sequence> prompts{{1}, {2, 3, 4, 5, 6}, longer, {9, 8}};
  for (const Named<Positions>& named : position_names) {
    CAPTURE(named.first);
    const GPT model = windowed_gpt(named.second, 4, 8);
    GenerateOptions options{.max_new_tokens = 30, .seed = 5};
    const std::vector<Sequence> made = generate(model, prompts, options);
    for (size_t i = 0; i < prompts.size(); ++i) {
      options.seed = 5 + i;
      options.use_cache = true;
      CHECK(made[i] == generate(model, prompts[i], options));
      options.use_cache = false;
      CHECK(made[i] == generate(model, prompts[i], options));
    }
  }
}

TEST_CASE("generate: logits far beyond block_size are those of the whole text") {
  const EvalMode evaluation;
  const GPT model = windowed_gpt(Positions::alibi, 4, 8);
  std::vector<int32_t> text{1, 2, 3};
  GenerateOptions options{.max_new_tokens = 50};
  options.on_token = [&](const NewToken& token) {
    const Tensor whole = model(Tokens({1, static_cast<int64_t>(text.size())}, text));
    const Tensor last = whole.select(1, whole.dim(1) - 1).reshape({11});
    CHECK(difference(from_data({11}, token.logits), last) == "");
    text.push_back(token.id);
    return true;
  };
  generate(model, std::vector<int32_t>{1, 2, 3}, options);
  CHECK(text.size() == 53);
}
