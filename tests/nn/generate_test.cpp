// Texts from a model: nothing but the seed decides, and no text depends on those beside it.

#include "nn/generate.h"

#include <algorithm>

#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

GPT generator(Placement placement = Placement::pre) {
  manual_seed(5);
  GPT model({.block_size = 8,
             .vocab_size = 11,
             .n_layer = 2,
             .n_head = 2,
             .n_embd = 16,
             .placement = placement});
  uint64_t counter = 0;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {11, counter++}) * real(0.4));
  }
  return model;
}

using Sequence = std::vector<int32_t>;

}  // namespace

TEST_CASE("generate: greedy is the argmax of the logits, token by token") {
  const GPT model = generator();
  Sequence text{3, 1};
  for (int i = 0; i < 5; ++i) {
    const EvalMode evaluation;
    const int64_t T = static_cast<int64_t>(text.size());
    text.push_back(argmax(model(Tokens({1, T}, text)).select(1, T - 1), -1).ids[0]);
  }
  const Sequence expected(text.begin() + 2, text.end());
  const Sequence prompt{3, 1};
  CHECK(generate(model, prompt, {.max_new_tokens = 5, .sampling = {.temperature = 0}}) == expected);
  CHECK(generate(model, prompt, {.max_new_tokens = 5, .sampling = {.top_k = 1}}) == expected);
}

TEST_CASE("generate: past block_size the model sees the last block_size tokens") {
  const GPT model = generator();
  Sequence text{3, 1, 4};
  for (uint64_t made = 0; made < 40; ++made) {
    const EvalMode evaluation;
    const size_t T = std::min<size_t>(8, text.size());
    const Tokens window({1, static_cast<int64_t>(T)}, std::span(text).last(T));
    const Tensor row = model(window).select(1, static_cast<int64_t>(T) - 1);
    text.push_back(sample(row.to_vector(), {}, {7, made}));
  }
  const Sequence expected(text.begin() + 3, text.end()), prompt{3, 1, 4};
  for (const bool use_cache : {true, false}) {
    const GenerateOptions options{.max_new_tokens = 40, .seed = 7, .use_cache = use_cache};
    CHECK(generate(model, prompt, options) == expected);
  }
}

TEST_CASE("generate: the same tokens with and without the cache, for prompts of any length") {
  for (const Placement placement : {Placement::pre, Placement::post}) {
    const GPT model = generator(placement);
    for (const size_t length : {1u, 5u, 8u, 9u, 20u}) {
      CAPTURE(length);
      const Sequence prompt(length, 7);
      GenerateOptions options{.max_new_tokens = 15, .seed = length};
      const Sequence cached = generate(model, prompt, options);
      options.use_cache = false;
      CHECK(generate(model, prompt, options) == cached);
    }
  }
}

TEST_CASE("generate: the seed decides, and nothing else") {
  const GPT model = generator();
  const Sequence prompt{1};
  const Sequence first = generate(model, prompt, {.max_new_tokens = 30, .seed = 1});
  default_generator().counter += 1000;
  CHECK(generate(model, prompt, {.max_new_tokens = 30, .seed = 1}) == first);
  CHECK(generate(model, prompt, {.max_new_tokens = 30, .seed = 2}) != first);
  const uint64_t counter = default_generator().counter;
  generate(model, prompt, {.max_new_tokens = 3});
  CHECK(default_generator().counter == counter);
}

TEST_CASE("generate: does not drop, even if the model was made with dropout") {
  GPT model = generator();
  const Sequence expected = generate(model, Sequence{1}, {.max_new_tokens = 10});
  for (Block& block : model.h) block.mlp.resid_dropout.p = real(0.9);
  CHECK(generate(model, Sequence{1}, {.max_new_tokens = 10}) == expected);
}

TEST_CASE("generate: on_token sees each new id and may stop") {
  const GPT model = generator();
  Sequence seen;
  GenerateOptions options{.max_new_tokens = 10};
  options.on_token = [&](const NewToken& token) {
    seen.push_back(token.id);
    return seen.size() < 4;
  };
  const Sequence made = generate(model, Sequence{1}, options);
  CHECK(made == seen);
  CHECK(made.size() == 4);
}

TEST_CASE("generate: no tokens asked for, none made; what cannot be done is named") {
  const GPT model = generator();
  CHECK(generate(model, Sequence{1}, {.max_new_tokens = 0}).empty());
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{}); }) ==
        "generate: the prompt is empty");
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{1}, {.max_new_tokens = -1}); }) ==
        "generate: max_new_tokens -1 must not be negative");
  CHECK(message_of<ValueError>([&] { generate(model, Sequence{11}); }) != "nothing was thrown");
}

TEST_CASE("generate: the stop token ends the text and is not part of it") {
  const GPT model = generator();
  const std::vector<int32_t> prompt{1, 2, 3};
  const std::vector<int32_t> all = generate(model, prompt, {.max_new_tokens = 12});
  REQUIRE(all.size() == 12);
  const int32_t stop = all[5];
  const auto first = std::find(all.begin(), all.end(), stop);
  const std::vector<int32_t> stopped =
      generate(model, prompt, {.max_new_tokens = 12, .stop_token = stop});
  CHECK(stopped == std::vector<int32_t>(all.begin(), first));
}

TEST_CASE("generate: a text of a batch is what it is alone, for prompts of any lengths") {
  for (const Placement placement : {Placement::pre, Placement::post}) {
    const GPT model = generator(placement);
    // Shorter than the context of 8, as long, longer; equal ones beside each other and apart.
    const std::vector<Sequence> prompts{{1},    {2, 3, 4, 5}, {1, 2, 3, 4, 5, 6, 7, 8},
                                        {9, 9}, {9, 9},       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                                        {1},    {1}};
    for (const bool use_cache : {true, false}) {
      for (const int64_t length : {0, 1, 5, 12}) {
        CAPTURE(length);
        GenerateOptions options{.max_new_tokens = length, .seed = 50, .use_cache = use_cache};
        const std::vector<Sequence> made = generate(model, prompts, options);
        REQUIRE(made.size() == prompts.size());
        for (size_t i = 0; i < prompts.size(); ++i) {
          CAPTURE(i);
          options.seed = 50 + i;
          CHECK(made[i] == generate(model, prompts[i], options));
        }
      }
    }
  }
}

TEST_CASE("generate: the logits of a text are bitwise those it has alone, whoever ends beside it") {
  const GPT model = generator();
  const std::vector<Sequence> prompts{{1, 2, 3}, {4}, {5, 6}, {7, 8, 9, 10, 1}};
  std::vector<std::vector<real>> together(prompts.size());
  std::vector<int64_t> made(prompts.size());
  GenerateOptions options{.max_new_tokens = 12, .seed = 3};
  options.on_token = [&](const NewToken& token) {
    std::vector<real>& all = together[token.row];
    all.insert(all.end(), token.logits.begin(), token.logits.end());
    return ++made[token.row] < 3 * static_cast<int64_t>(token.row + 1);  // 3, 6, 9, 12 tokens
  };
  const std::vector<Sequence> ids = generate(model, prompts, options);
  for (size_t i = 0; i < prompts.size(); ++i) {
    CHECK(static_cast<int64_t>(ids[i].size()) == 3 * static_cast<int64_t>(i + 1));
    std::vector<real> alone;
    const auto keep = [&](const NewToken& token) {
      CHECK(token.row == 0);
      alone.insert(alone.end(), token.logits.begin(), token.logits.end());
      return true;
    };
    generate(model, prompts[i], {.max_new_tokens = made[i], .seed = 3 + i, .on_token = keep});
    CHECK(together[i] == alone);
  }
}

TEST_CASE("generate: more texts than are written at once, and none") {
  const GPT model = generator();
  const std::vector<Sequence> prompts(35, Sequence{1, 2});
  const GenerateOptions options{.max_new_tokens = 4, .seed = 9};
  const std::vector<Sequence> made = generate(model, prompts, options);
  REQUIRE(made.size() == 35);
  CHECK(made[34] == generate(model, Sequence{1, 2}, {.max_new_tokens = 4, .seed = 43}));
  CHECK(generate(model, std::vector<Sequence>{}, options).empty());
  const std::vector<Sequence> one_empty{{1}, {}};
  CHECK(message_of<ValueError>([&] { generate(model, one_empty); }) ==
        "generate: the prompt is empty");
}

TEST_CASE("generate: the repetition penalty counts the prompt and what was made") {
  const GPT model = generator();
  Sequence text{3, 1};
  const SamplingOptions sampling{.repetition_penalty = 3, .temperature = 0};
  for (int i = 0; i < 6; ++i) {
    const EvalMode evaluation;
    const int64_t T = static_cast<int64_t>(text.size());
    const Tensor row = model(Tokens({1, T}, text)).select(1, T - 1);
    text.push_back(sample(row.to_vector(), sampling, {}, text));
  }
  const Sequence expected(text.begin() + 2, text.end());
  CHECK(generate(model, Sequence{3, 1}, {.max_new_tokens = 6, .sampling = sampling}) == expected);
}

TEST_CASE("generate: a text of a batch is what it is alone, whatever tells positions") {
  const std::vector<Sequence> prompts{{1}, {2, 3, 4, 5}, {9, 8, 7, 6, 5, 4, 3}, {9, 8}};
  for (const Positions positions : {Positions::none, Positions::sinusoidal, Positions::rope,
                                    Positions::alibi, Positions::relative}) {
    manual_seed(3);
    const GPT model({.block_size = 16,
                     .vocab_size = 11,
                     .n_layer = 2,
                     .n_head = 4,
                     .n_embd = 32,
                     .kv_heads = 2,
                     .window = 5,
                     .positions = positions,
                     .init_std = real(0.4)});
    CAPTURE(static_cast<int>(positions));
    const std::vector<Sequence> made = generate(model, prompts, {.max_new_tokens = 14, .seed = 5});
    for (size_t i = 0; i < prompts.size(); ++i) {
      CHECK(made[i] == generate(model, prompts[i], {.max_new_tokens = 14, .seed = 5 + i}));
    }
  }
}
