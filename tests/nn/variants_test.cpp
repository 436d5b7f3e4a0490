// Every switch of the block, alone and with others: what each model must do whatever its switches.

#include <cmath>

#include "autograd/mode.h"
#include "nn/audit.h"
#include "nn/gpt.h"
#include "nn/names.h"
#include "nn/pretrained/gpt2.h"
#include "tensor/precision.h"
#include "tests/data/support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr int64_t V = 11, T = 12;

struct Variant {
  std::string name;
  GPTConfig config;
};

GPTConfig base() {
  return {.block_size = T, .vocab_size = V, .n_layer = 2, .n_head = 4, .n_embd = 16};
}

// Each switch alone, all positions with and without a window and shared keys, and the families.
std::vector<Variant> variants() {
  std::vector<Variant> list{{"gpt2", base()}};
  const auto add = [&](const std::string& name, auto change) {
    list.push_back({name, base()});
    change(list.back().config);
  };
  for (const auto& [name, positions] : position_names) {
    add(name, [&, p = positions](GPTConfig& c) { c.positions = p; });
    add(std::string(name) + ", window, grouped heads", [&, p = positions](GPTConfig& c) {
      c.positions = p;
      c.window = 5;
      c.kv_heads = 2;
    });
  }
  for (const auto& [name, activation] : activation_names) {
    add(name, [&, a = activation](GPTConfig& c) { c.activation = a; });
  }
  add("rms norm", [](GPTConfig& c) { c.norm = NormKind::rms; });
  add("post-norm", [](GPTConfig& c) { c.placement = Placement::post; });
  add("one key/value head", [](GPTConfig& c) { c.kv_heads = 1; });
  add("window of one", [](GPTConfig& c) { c.window = 1; });
  add("qk-norm", [](GPTConfig& c) { c.qk_norm = true; });
  add("no biases", [](GPTConfig& c) { c.bias = false; });
  add("untied", [](GPTConfig& c) { c.tie_weights = false; });
  add("llama", [](GPTConfig& c) {
    c.positions = Positions::rope;
    c.norm = NormKind::rms;
    c.activation = Activation::swiglu;
    c.kv_heads = 2;
    c.bias = c.tie_weights = false;
  });
  add("mistral", [](GPTConfig& c) {
    c.positions = Positions::rope;
    c.norm = NormKind::rms;
    c.activation = Activation::swiglu;
    c.kv_heads = 2;
    c.window = 4;
    c.bias = c.tie_weights = false;
  });
  return list;
}

// Weights large enough that every path shows in the logits.
GPT lively_variant(const GPTConfig& config) {
  manual_seed(5);
  GPT model(config);
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {11, counter++}) * real(0.4));
  }
  return model;
}

Tokens some_ids(int64_t B, int64_t length) {
  Tokens ids(Shape{B, length});
  for (int64_t i = 0; i < ids.numel(); ++i) ids.data()[i] = static_cast<int32_t>(i * i * 7 % V);
  return ids;
}

}  // namespace

TEST_CASE("every variant: no token sees the future, and every parameter learns") {
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    GPT model = lively_variant(v.config);
    {
      const EvalMode evaluation;
      const auto logits = [&](const Tokens& ids) { return model(ids); };
      CHECK_FALSE(find_leak(logits, some_ids(1, T), V).has_value());
    }
    const Tokens ids = some_ids(2, T);
    for (const AuditedParameter& p : audit_gradients(model, [&] { return model.loss(ids, ids); })) {
      CAPTURE(p.name);
      CAPTURE(p.reason);
      const bool nothing_to_choose = v.config.window == 1 && p.name.find("attn") != p.name.npos;
      if (!nothing_to_choose) CHECK(p.state == GradientState::sound);
    }
  }
}

// Logits of all tokens at once against those of the same tokens in pieces, through a cache.
void check_cache(const GPT& model, const Tokens& ids, real tolerance) {
  const EvalMode evaluation;
  const Tensor whole = model(ids);
  for (const std::vector<int64_t>& cuts :
       {std::vector<int64_t>{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {5, 1, 6}, {11, 1}}) {
    KVCache cache(model.config.n_layer, T);
    int64_t at = 0;
    for (const int64_t count : cuts) {
      const Tokens part({1, count}, std::span(ids.data() + at, static_cast<size_t>(count)));
      CHECK(difference(model(part, &cache), whole.narrow(1, at, count), tolerance) == "");
      at += count;
    }
  }
}

TEST_CASE("every variant: logits with a cache are those without, however the tokens are cut") {
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    check_cache(lively_variant(v.config), some_ids(1, T), close_enough);
  }
}

#ifndef GRADUS_DOUBLE
TEST_CASE("every variant: the same in bfloat16, within 2e-2") {
  const PrecisionMode products(Precision::bf16_emulated);
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    check_cache(lively_variant(v.config), some_ids(1, T), real(2e-2));
  }
}
#endif

TEST_CASE("every variant: blocks that are computed again give the same gradients") {
  const Tokens ids = some_ids(2, T);
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    const auto gradients = [&](bool recompute) {
      GPT model = lively_variant(v.config);
      model.recompute = recompute;
      model.loss(ids, ids).backward();
      std::vector<Tensor> all;
      for (const NamedTensor& p : model.named_parameters()) all.push_back(p.tensor.grad());
      return all;
    };
    const std::vector<Tensor> kept = gradients(false), again = gradients(true);
    // Layers that share a bias add to its gradient in another order.
    const bool to_the_bit = v.config.positions != Positions::relative;
    for (size_t i = 0; i < kept.size(); ++i) {
      CHECK((to_the_bit ? bit_difference(again[i], kept[i]) : difference(again[i], kept[i])) == "");
    }
  }
}

TEST_CASE("every variant is stored and read back, config and weights, to the bit") {
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    const TemporaryFolder folder;
    const GPT model = lively_variant(v.config);
    save_gpt2(model, folder.path());
    const GPT again = load_gpt2(folder.path());
    CHECK(again.config == model.config);
    for (const NamedTensor& p : model.named_parameters()) {
      CHECK(bit_difference(again.find(p.name), p.tensor) == "");
    }
  }
}

TEST_CASE("a token sees through L layers of a window W exactly L (W - 1) places back") {
  const EvalMode evaluation;
  GPTConfig config = base();
  config.window = 3;
  config.positions = Positions::rope;
  const GPT model = lively_variant(config);
  const Tokens ids = some_ids(1, T);
  const Tensor before = model(ids).select(1, T - 1);
  for (int64_t t = 0; t < T; ++t) {
    Tokens changed = ids;
    changed.data()[t] = (changed.data()[t] + 1) % V;
    const bool sees = bit_difference(model(changed).select(1, T - 1), before) != "";
    CHECK(sees == (T - 1 - t <= config.n_layer * (config.window - 1)));
  }
}

TEST_CASE("grouped heads that hold the same keys are as many heads of their own") {
  const EvalMode evaluation;
  GPTConfig shared = base(), own = base();
  shared.kv_heads = 2;
  const GPT grouped = lively_variant(shared);
  GPT many = lively_variant(own);
  const int64_t C = 16, hs = 4;
  for (NamedTensor& p : many.named_parameters()) {
    const Tensor source = grouped.find(p.name);
    if (p.name.find("c_attn") == p.name.npos) {
      p.tensor.copy_(source);
      continue;
    }
    p.tensor.narrow(0, 0, C).copy_(source.narrow(0, 0, C));  // q
    for (int64_t kind = 0; kind < 2; ++kind) {               // k, then v
      for (int64_t h = 0; h < 4; ++h) {
        p.tensor.narrow(0, C + kind * C + h * hs, hs)
            .copy_(source.narrow(0, C + kind * 2 * hs + h / 2 * hs, hs));
      }
    }
  }
  CHECK(difference(grouped(some_ids(2, T)), many(some_ids(2, T))) == "");
}

TEST_CASE("positions that need no table reach beyond the block size") {
  const EvalMode evaluation;
  for (const Named<Positions>& named : position_names) {
    CAPTURE(named.first);
    const Positions positions = named.second;
    GPTConfig config = base();
    config.positions = positions;
    const GPT model = lively_variant(config);
    if (positions == Positions::learned) {
      CHECK(message_of<ShapeError>([&] { model(some_ids(1, T + 1)); }) ==
            "GPT: 13 tokens exceed block_size 12");
    } else {
      CHECK(model(some_ids(1, 3 * T)).shape() == Shape{1, 3 * T, V});
    }
  }
}

TEST_CASE("switches that make no sense are refused in a sentence") {
  const auto refusal = [](auto change) {
    GPTConfig config = base();
    change(config);
    return message_of<ValueError>([&] { GPT model(config); });
  };
  CHECK(refusal([](GPTConfig& c) { c.kv_heads = 3; }) ==
        "GPT: kv_heads = 3 must divide n_head = 4");
  CHECK(refusal([](GPTConfig& c) { c.window = -1; }) == "GPT: window = -1 must be in [0, 2^31)");
  CHECK(refusal([](GPTConfig& c) {
          c.positions = Positions::rope;
          c.n_embd = 12;
        }) == "GPT: rotary positions turn pairs of channels, and heads of 3 are odd");
  CHECK(refusal([](GPTConfig& c) { c.rope_theta = 0; }) ==
        "GPT: rope_theta = 0 must be positive and finite");
}

#ifdef GRADUS_DOUBLE
TEST_CASE("every variant: gradients are those of finite differences") {
  const Tokens ids = some_ids(1, 6);
  for (const Variant& v : variants()) {
    CAPTURE(v.name);
    GPTConfig config = v.config;
    config.n_embd = 8;
    config.n_layer = 1;
    GPT model = lively_variant(config);
    model.zero_grad();
    model.loss(ids, ids).backward();
    for (NamedTensor& p : model.named_parameters()) {
      CAPTURE(p.name);
      const NoGrad guard;
      for (const int64_t i : {int64_t{0}, p.tensor.numel() / 2, p.tensor.numel() - 1}) {
        real* const w = p.tensor.mutable_data() + i;
        const real value = *w, step = 1e-5;
        *w = value + step;
        const real above = model.loss(ids, ids).item();
        *w = value - step;
        const real below = model.loss(ids, ids).item();
        *w = value;
        const real slope = (above - below) / (2 * step);
        CHECK(p.tensor.grad().data()[i] == doctest::Approx(slope).epsilon(1e-5).scale(1e-3));
      }
    }
  }
}
#endif
