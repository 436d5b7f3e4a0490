// GPT: shapes, what a token may see, the cache, errors, threads, learning.

#include "nn/gpt.h"

#include <cmath>

#include "autograd/checkpoint.h"
#include "optim/optimizer.h"
#include "tensor/allocator.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

GPTConfig tiny() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 16};
}

// Weights far larger than GPT-2's, so that every path through the model shows in the logits.
GPT lively(GPTConfig config = tiny()) {
  manual_seed(5);
  GPT model(config);
  uint64_t counter = 0;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {11, counter++}) * real(0.4));
  }
  return model;
}

// (B, T) ids below V that follow no pattern.
Tokens some_ids(int64_t B, int64_t T, int64_t V, int seed = 3) {
  Tokens ids(Shape{B, T});
  for (int64_t i = 0; i < ids.numel(); ++i) {
    ids.data()[i] = static_cast<int32_t>((i * i * 7 + i * seed + seed) % V);
  }
  return ids;
}

std::string config_error(GPTConfig config) {
  return message_of<ValueError>([&] { GPT model(config); });
}

// Losses of three optimizer steps, then every gradient of the last and every weight.
std::vector<Tensor> three_steps(int threads) {
  const ThreadGuard guard(threads);
  manual_seed(21);
  GPTConfig config = tiny();
  config.vocab_size = 60;
  config.block_size = 32;
  config.n_embd = 32;
  config.dropout = real(0.2);
  GPT model(config);
  AdamW optimizer(model.named_parameters(), {.lr = real(1e-2), .weight_decay = real(0.1)});
  std::vector<Tensor> results;
  for (int step = 0; step < 3; ++step) {
    const Tensor loss = model.loss(some_ids(12, 32, 60, step), some_ids(12, 32, 60, step + 1));
    loss.backward();
    results.push_back(loss.detach());
    results.push_back(scalar(static_cast<real>(clip_grad_norm(model.named_parameters(), 0.5))));
    for (const NamedTensor& p : model.named_parameters()) {
      results.push_back(p.tensor.grad().clone().detach());
    }
    optimizer.step();
    optimizer.zero_grad();
  }
  for (const NamedTensor& p : model.named_parameters()) results.push_back(p.tensor.detach());
  return results;
}

}  // namespace

TEST_CASE("GPT: ids (B, T) become hidden states (B, T, C), logits (B, T, V) and a scalar loss") {
  const GPT model(tiny());
  const Tokens ids = some_ids(3, 5, 11);
  CHECK(model.hidden(ids).shape() == Shape{3, 5, 16});
  CHECK(model(ids).shape() == Shape{3, 5, 11});
  CHECK(model.loss(ids, ids).shape() == Shape{});
  CHECK(model(some_ids(1, 1, 11)).shape() == Shape{1, 1, 11});
}

TEST_CASE("GPT: an untrained model gives every token about the same probability, loss ln V") {
  manual_seed(1337);
  const GPT model({.block_size = 32, .vocab_size = 65, .n_layer = 2, .n_head = 4, .n_embd = 64});
  const real loss = model.loss(some_ids(4, 32, 65), some_ids(4, 32, 65, 5)).item();
  CHECK(std::abs(loss - std::log(real(65))) < real(0.1));
}

TEST_CASE("GPT: the mean over targets ignores -100") {
  const GPT model = lively();
  const Tokens ids({1, 3}, {1, 2, 3});
  const real both = model.loss(ids, Tokens({1, 3}, {4, -100, 5})).item();
  const real first = model.loss(ids, Tokens({1, 3}, {4, -100, -100})).item();
  const real last = model.loss(ids, Tokens({1, 3}, {-100, -100, 5})).item();
  CHECK(both == doctest::Approx((first + last) / 2).epsilon(1e-5));
}

namespace {

// The loss of one batch and every gradient, and the most memory that it took.
struct Step {
  std::vector<Tensor> values;
  int64_t peak_bytes;
};

struct Head : Module {
  Head(int64_t in, int64_t out) : width(in), classes(out) {}
  int64_t width, classes;
  Parameter weight = parameter("weight", randn({classes, width}, {3, 1}));
  Parameter bias = parameter("bias", randn({classes}, {3, 2}));
};

Step step_of(GPT& model, const Tokens& ids) {
  manual_seed(9);  // of dropout
  const int64_t before = memory_stats().live_bytes;
  reset_peak_memory();
  const Tensor loss = model.loss(ids, ids);
  loss.backward();
  Step result{{loss.detach()}, memory_stats().peak_bytes - before};
  for (const NamedTensor& p : model.named_parameters()) result.values.push_back(p.tensor.grad());
  model.zero_grad();
  return result;
}

}  // namespace

TEST_CASE("GPT: blocks that are computed again give the same bits, in less memory") {
  GPTConfig config = tiny();
  config.n_layer = 8;
  config.dropout = real(0.1);
  GPT model = lively(config);
  const Tokens ids = some_ids(16, 8, 11);
  const Step kept = step_of(model, ids);
  model.recompute = true;
  const Step again = step_of(model, ids);
  REQUIRE(again.values.size() == kept.values.size());
  for (size_t i = 0; i < kept.values.size(); ++i) {
    CHECK(bit_difference(again.values[i], kept.values[i]) == "");
  }
  CHECK(again.peak_bytes < kept.peak_bytes / 2);
}

TEST_CASE("linear_cross_entropy: logits in pieces give the loss and the gradients of whole ones") {
  const Tokens targets({3, 4}, {0, 1, 2, -100, 4, 5, 6, 7, -100, -100, 10, 0});
  const auto outcome = [&](int64_t most_logits) {
    const Head head(6, 11);
    const Tensor x = randn({3, 4, 6}, {3, 3}).requires_grad_();
    const Tensor loss = linear_cross_entropy(x, head.weight, head.bias, targets, most_logits);
    loss.backward();
    return std::vector<Tensor>{loss.detach(), x.grad(), head.weight->grad(), head.bias->grad()};
  };
  const std::vector<Tensor> whole = outcome(1000);
  for (const int64_t most_logits : {1, 11, 25, 60, 131}) {
    const std::vector<Tensor> pieces = outcome(most_logits);
    for (size_t i = 0; i < whole.size(); ++i) CHECK(difference(pieces[i], whole[i]) == "");
  }
  const auto all_ignored = [](int64_t most_logits) {
    const Head head(6, 11);
    return linear_cross_entropy(ones({2, 6}), head.weight, head.bias, Tokens({2}, {-100, -100}),
                                most_logits)
        .item();
  };
  CHECK(all_ignored(1) == 0);
  CHECK(all_ignored(100) == 0);
}

TEST_CASE(
    "linear_cross_entropy: their gradient takes the place of the logits, which beyond the "
    "limit are never all in memory") {
  const int64_t N = 64, V = 5000;
  const Head head(4, V);
  const Tensor x = randn({N, 4}, {3, 3}).requires_grad_();
  const Tokens targets = some_ids(1, N, V);
  const auto peak = [&](int64_t most_logits) {
    const int64_t before = memory_stats().live_bytes;
    reset_peak_memory();
    linear_cross_entropy(x, head.weight, head.bias, Tokens({N}, std::span(targets.data(), 64)),
                         most_logits)
        .backward();
    return memory_stats().peak_bytes - before;
  };
  const int64_t logits = N * V * static_cast<int64_t>(sizeof(real));
  CHECK(peak(N * V) >= logits);
  CHECK(peak(N * V) < 2 * logits);
  CHECK(peak(N * V / 8) < logits / 2);
}

TEST_CASE(
    "leak probe: another token at t changes the logits at t and none before, to the last bit") {
  const EvalMode evaluation;
  for (const Placement placement : {Placement::pre, Placement::post}) {
    GPTConfig config = tiny();
    config.placement = placement;
    const GPT model = lively(config);
    const Tokens ids = some_ids(2, 8, 11);
    const Tensor before = model(ids);
    for (int64_t t = 0; t < 8; ++t) {
      CAPTURE(t);
      Tokens changed = ids;
      changed.data()[t] = (changed.data()[t] + 1) % 11;  // of the first sequence
      const Tensor after = model(changed);
      CHECK(bit_difference(after.narrow(1, 0, t), before.narrow(1, 0, t)) == "");
      CHECK(bit_difference(after.select(0, 1), before.select(0, 1)) == "");  // the other sequence
      for (int64_t later = t; later < 8; ++later) {
        CHECK(bit_difference(after.select(0, 0).select(0, later),
                             before.select(0, 0).select(0, later)) != "");
      }
    }
  }
}

TEST_CASE("GPT: logits with a cache are those without, however the tokens are cut") {
  const EvalMode evaluation;
  const GPT model = lively();
  const Tokens ids = some_ids(2, 8, 11);
  const Tensor expected = model(ids);
  const auto columns = [&](int64_t from, int64_t count) {
    Tokens part(Shape{2, count});
    for (int64_t b = 0; b < 2; ++b) {
      for (int64_t t = 0; t < count; ++t) part.data()[b * count + t] = ids.data()[b * 8 + from + t];
    }
    return part;
  };
  for (const int64_t size : {1, 2, 3, 8}) {
    CAPTURE(size);
    KVCache cache(2, 8);
    for (int64_t t = 0; t < 8; t += size) {
      const int64_t count = std::min(size, 8 - t);
      CHECK(difference(model(columns(t, count), &cache), expected.narrow(1, t, count),
                       real(1e-5)) == "");
    }
    CHECK(cache.length() == 8);
  }
}

TEST_CASE("GPT: a cache where gradients are recorded is refused, they would be lost in it") {
  const GPT model = lively();
  KVCache cache(2, 8);
  CHECK(message_of<GraphError>([&] { model(some_ids(1, 2, 11), &cache); }) ==
        "cache: keys and values kept in it lose their gradient; use it under NoGrad or EvalMode");
}

TEST_CASE("GPT: a cache that is full, or holds another number of sequences, is a clear error") {
  const EvalMode evaluation;
  const GPT model = lively();
  KVCache small(2, 3);
  CHECK(message_of<ValueError>([&] { model(some_ids(1, 4, 11), &small); }) ==
        "cache: 0 tokens and 4 more exceed its capacity 3");
  KVCache cache(2, 8);
  model(some_ids(2, 3, 11), &cache);
  CHECK(contains(message_of<ShapeError>([&] { model(some_ids(1, 1, 11), &cache); }), "cache: "));
}

TEST_CASE("Block: pre-norm is x + f(norm(x)), post-norm is norm(x + f(x)), composed by hand") {
  for (const Placement placement : {Placement::pre, Placement::post}) {
    manual_seed(2);
    const Block block({.n_embd = 8, .n_head = 2, .placement = placement});
    const auto p = [&](const char* name) { return block.find(name); };
    const auto norm = [&](const Tensor& x, const std::string& name) {
      const Tensor centred = x - mean(x, {-1}, {.keepdim = true});
      const Tensor variance = mean(centred * centred, {-1}, {.keepdim = true});
      return centred / gradus::sqrt(variance + real(1e-5)) * block.find(name + ".weight") +
             block.find(name + ".bias");
    };
    const auto attend = [&](const Tensor& x) {
      const Tensor qkv = matmul(x, p("attn.c_attn.weight").transpose(0, 1)) + p("attn.c_attn.bias");
      std::vector<Tensor> heads;
      for (int64_t head = 0; head < 2; ++head) {
        const Tensor q = qkv.narrow(2, head * 4, 4), k = qkv.narrow(2, 8 + head * 4, 4),
                     v = qkv.narrow(2, 16 + head * 4, 4);
        const Tensor future = from_data({3, 3}, {0, 1, 1, 0, 0, 1, 0, 0, 0});
        const Tensor scores = matmul(q, k.transpose(1, 2)) / real(2);  // sqrt(hs) = 2
        const real lowest = -std::numeric_limits<real>::infinity();
        heads.push_back(matmul(softmax(masked_fill(scores, future, lowest), -1), v));
      }
      return matmul(concat(heads, 2), p("attn.c_proj.weight").transpose(0, 1)) +
             p("attn.c_proj.bias");
    };
    const auto feed_forward = [&](const Tensor& x) {
      const Tensor wide = matmul(x, p("mlp.c_fc.weight").transpose(0, 1)) + p("mlp.c_fc.bias");
      const Tensor inner = (wide + wide * wide * wide * real(0.044715)) * real(0.7978845608028654);
      const Tensor active = wide * real(0.5) * (gradus::tanh(inner) + real(1));
      return matmul(active, p("mlp.c_proj.weight").transpose(0, 1)) + p("mlp.c_proj.bias");
    };
    const Tensor x = randn({2, 3, 8}, {4, 4});
    Tensor expected;
    if (placement == Placement::pre) {
      const Tensor h = x + attend(norm(x, "ln_1"));
      expected = h + feed_forward(norm(h, "ln_2"));
    } else {
      const Tensor h = norm(x + attend(x), "ln_1");
      expected = norm(h + feed_forward(h), "ln_2");
    }
    CHECK(difference(block(x), expected, in_double ? real(1e-12) : real(2e-5)) == "");
  }
}

TEST_CASE("Block: without causal, every token sees every other; key_mask hides padding") {
  const EvalMode evaluation;
  const Block block({.n_embd = 8, .n_head = 2, .causal = false});
  const Tensor x = randn({1, 4, 8}, {4, 5});
  Tensor changed = x.clone();
  changed.select(1, 3).fill_(1);
  CHECK(bit_difference(block(changed).select(1, 0), block(x).select(1, 0)) != "");
  const BlockContext hidden{.key_mask = from_data({1, 4}, {1, 1, 1, 0})};
  CHECK(bit_difference(block(changed, hidden).select(1, 0), block(x, hidden).select(1, 0)) == "");
}

TEST_CASE("GPT: impossible settings are named before anything is allocated") {
  const auto with = [](auto change) {
    GPTConfig config = tiny();
    change(config);
    return config_error(config);
  };
  const real nan = std::numeric_limits<real>::quiet_NaN();
  CHECK(with([](auto& c) { c.n_head = 3; }) == "GPT: n_head = 3 must divide n_embd = 16");
  CHECK(with([](auto& c) { c.n_layer = 0; }) == "GPT: n_layer = 0 must be positive and below 2^31");
  CHECK(with([](auto& c) { c.n_embd = -16; }) ==
        "GPT: n_embd = -16 must be positive and below 2^31");
  CHECK(with([](auto& c) { c.vocab_size = 0; }) ==
        "GPT: vocab_size = 0 must be positive and below 2^31");
  CHECK(with([](auto& c) { c.block_size = int64_t{1} << 40; }) ==
        "GPT: block_size = 1099511627776 must be positive and below 2^31");
  CHECK(with([](auto& c) { c.n_layer = 1'000'000'000; }) ==
        "GPT: n_layer = 1000000000 must be at most 10000");
  CHECK(with([](auto& c) { c.dropout = 1; }) == "GPT: dropout = 1 must be in [0, 1)");
  CHECK(with([&](auto& c) { c.dropout = nan; }) == "GPT: dropout = nan must be in [0, 1)");
  CHECK(with([](auto& c) { c.norm_eps = 0; }) == "GPT: norm_eps = 0 must be positive and finite");
  CHECK(with([](auto& c) { c.norm_eps = -1; }) == "GPT: norm_eps = -1 must be positive and finite");
  CHECK(with([](auto& c) { c.norm_eps = std::numeric_limits<real>::infinity(); }) ==
        "GPT: norm_eps = inf must be positive and finite");
  CHECK(message_of<ValueError>([] { SelfAttention({.n_embd = 4, .n_head = 0}); }) ==
        "attention: n_head 0 must divide n_embd 4");
}

TEST_CASE("GPT: ids outside the vocabulary and sequences beyond block_size are refused") {
  const GPT model(tiny());
  CHECK(message_of<ValueError>([&] { model(Tokens({1, 2}, {3, 11})); }) != "nothing was thrown");
  CHECK(message_of<ValueError>([&] { model(Tokens({1, 2}, {-1, 0})); }) != "nothing was thrown");
  CHECK(message_of<ShapeError>([&] { model(some_ids(1, 9, 11)); }) ==
        "GPT: 9 tokens exceed block_size 8");
  CHECK(message_of<ShapeError>([&] { model(Tokens(Shape{4})); }) == "GPT: ids (4) must be (B, T)");
}

TEST_CASE(
    "losses, gradients and weights of three steps are the same bits with 1, 2 and 4 threads") {
  const std::vector<Tensor> one = three_steps(1);
  for (const int threads : {2, 4}) {
    const std::vector<Tensor> many = three_steps(threads);
    REQUIRE(many.size() == one.size());
    for (size_t i = 0; i < one.size(); ++i) {
      CAPTURE(i);
      CHECK(bit_difference(many[i], one[i]) == "");
    }
  }
}

TEST_CASE("checkpointed blocks: the same loss and gradients, with dropout, to the last bit") {
  GPTConfig config = tiny();
  config.dropout = real(0.3);
  const auto gradients = [&](bool checkpointed) {
    const GPT model = lively(config);
    manual_seed(9);
    const Tokens ids = some_ids(2, 8, 11);
    Tensor x = model.drop(model.wte(ids) + model.wpe->weight.tensor());
    for (const Block& block : model.h) {
      std::vector<Tensor> parameters;
      for (const NamedTensor& p : block.named_parameters()) parameters.push_back(p.tensor);
      const auto run = [&](Inputs inputs) { return block(inputs[0]); };
      x = checkpointed ? checkpoint(run, std::span(&x, 1), parameters) : block(x);
    }
    const Tensor loss = cross_entropy(model.lm_head(model.ln_f(x)), some_ids(2, 8, 11, 5));
    loss.backward();
    std::vector<Tensor> results{loss.detach()};
    for (const NamedTensor& p : model.named_parameters()) results.push_back(p.tensor.grad());
    return results;
  };
  const std::vector<Tensor> plain = gradients(false), recomputed = gradients(true);
  REQUIRE(plain.size() == recomputed.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    CAPTURE(i);
    CHECK(bit_difference(recomputed[i], plain[i]) == "");
  }
}

TEST_CASE("GPT: one batch is learnt by heart, loss below 0.05, for every variant") {
  GPTConfig post = tiny(), rms = tiny(), untied = tiny();
  post.placement = Placement::post;
  rms.norm = NormKind::rms;
  rms.activation = Activation::silu;
  rms.bias = false;
  untied.tie_weights = false;
  untied.activation = Activation::relu;
  for (const GPTConfig& config : {tiny(), post, rms, untied}) {
    manual_seed(1337);
    GPT model(config);
    AdamW optimizer(model.named_parameters(), {.lr = real(1e-2)});
    const Tokens ids = some_ids(2, 8, 11), targets = some_ids(2, 8, 11, 4);
    real loss = 0;
    for (int step = 0; step < 250; ++step) {
      const Tensor y = model.loss(ids, targets);
      y.backward();
      loss = y.item();
      clip_grad_norm(model.named_parameters(), 1);
      optimizer.step();
      optimizer.zero_grad();
    }
    CHECK(loss < real(0.05));
  }
}
