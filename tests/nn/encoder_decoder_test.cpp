// Encoder-decoders, every switch alone and the families: what each must do whatever its switches.

#include "nn/encoder_decoder.h"

#include <cmath>
#include <map>

#include "nn/audit.h"
#include "nn/names.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tests/data/support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

constexpr int64_t sides_words = 11, sides_places = 9;  // vocabulary, and positions that are learned

struct SidesVariant {
  std::string name;
  EncoderDecoderConfig config;
};

EncoderDecoderConfig small_sides(EncoderDecoderConfig c) {
  c.block_size = sides_places;
  c.vocab_size = sides_words;
  c.n_layer = 2;
  c.n_decoder_layer = 0;
  c.n_head = 4;
  c.n_embd = 16;
  c.n_inner = 24;
  c.head_width = 0;
  return c;
}

std::vector<SidesVariant> sides_variants() {
  std::vector<SidesVariant> list;
  for (const auto& [name, config] : encoder_decoder_presets()) {
    list.push_back({name, small_sides(config)});
  }
  const auto add = [&](const std::string& name, auto change) {
    list.push_back({name, small_sides({})});
    change(list.back().config);
  };
  for (const auto& [name, positions] : position_names) {
    add(name, [p = positions](EncoderDecoderConfig& c) { c.positions = p; });
  }
  for (const auto& [name, activation] : activation_names) {
    add(name, [a = activation](EncoderDecoderConfig& c) { c.activation = a; });
  }
  add("layer norm", [](EncoderDecoderConfig& c) { c.norm = NormKind::layer; });
  add("post-norm", [](EncoderDecoderConfig& c) { c.placement = Placement::post; });
  add("grouped heads", [](EncoderDecoderConfig& c) { c.kv_heads = 2; });
  add("wide heads", [](EncoderDecoderConfig& c) { c.head_width = 6; });
  add("qk-norm", [](EncoderDecoderConfig& c) { c.qk_norm = true; });
  add("biases", [](EncoderDecoderConfig& c) { c.bias = true; });
  add("untied", [](EncoderDecoderConfig& c) { c.tie_weights = false; });
  add("head as it is", [](EncoderDecoderConfig& c) { c.scale_tied_head = false; });
  add("scaled scores", [](EncoderDecoderConfig& c) { c.scale_scores = true; });
  add("norm of embeddings", [](EncoderDecoderConfig& c) { c.embedding_norm = true; });
  add("no last norm", [](EncoderDecoderConfig& c) { c.final_norm = false; });
  add("short decoder", [](EncoderDecoderConfig& c) { c.n_decoder_layer = 1; });
  return list;
}

// Weights large enough that every path shows in the logits.
EncoderDecoder lively_sides(const EncoderDecoderConfig& config) {
  EncoderDecoder model(config);
  uint64_t counter = 0;
  const NoGrad guard;
  for (NamedTensor& p : model.named_parameters()) {
    p.tensor.copy_(randn(p.tensor.shape(), {13, counter++}) * real(0.4));
  }
  return model;
}

Tokens sides_ids(int64_t B, int64_t length, int64_t seed) {
  Tokens ids(Shape{B, length});
  for (int64_t i = 0; i < ids.numel(); ++i) {
    ids.data()[i] = static_cast<int32_t>((i * i * 7 + seed * (i + 1)) % sides_words);
  }
  return ids;
}

// Two sources of 7 and 4 tokens.
struct SidesBatch {
  Tokens source = sides_ids(2, 7, 1), inputs = sides_ids(2, 6, 2), targets = sides_ids(2, 6, 3);
  Tensor mask = from_data({2, 7}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0});
};

std::vector<Tensor> sides_gradients(EncoderDecoder& model, const SidesBatch& b) {
  model.zero_grad();
  model.loss(b.source, b.mask, b.inputs, b.targets).backward();
  std::vector<Tensor> all;
  for (const NamedTensor& p : model.named_parameters()) all.push_back(p.tensor.grad());
  return all;
}

}  // namespace

TEST_CASE("every encoder-decoder: no token of the target sees those behind it") {
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const EncoderDecoder model = lively_sides(v.config);
    const Tokens source = sides_ids(1, 7, 1);
    const auto logits = [&](const Tokens& inputs) { return model(source, {}, inputs); };
    CHECK_FALSE(find_leak(logits, sides_ids(1, 6, 2), sides_words).has_value());
  }
}

TEST_CASE("every encoder-decoder: every token of the target sees all of the source") {
  const EvalMode evaluation;
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    const Tensor before = model(b.source, {}, b.inputs);
    for (int64_t s = 0; s < b.source.dim(1); ++s) {
      Tokens other = b.source;
      other.data()[s] = (other.data()[s] + 1) % static_cast<int32_t>(sides_words);
      const Tensor after = model(other, {}, b.inputs);
      CHECK(bit_difference(after.select(0, 1), before.select(0, 1)) == "");  // another text
      for (int64_t t = 0; t < b.inputs.dim(1); ++t) {
        CHECK(bit_difference(after.select(0, 0).select(0, t), before.select(0, 0).select(0, t)) !=
              "");
      }
    }
  }
}

TEST_CASE("every encoder-decoder: padding of the source changes nothing, whatever stands there") {
  const EvalMode evaluation;
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const EncoderDecoder model = lively_sides(v.config);
    SidesBatch b;
    const Tensor padded = model(b.source, b.mask, b.inputs);
    for (int64_t s = 4; s < 7; ++s) b.source.data()[7 + s] = static_cast<int32_t>(s);
    CHECK(bit_difference(model(b.source, b.mask, b.inputs), padded) == "");
    const Tokens source({1, 4}, std::span(b.source.data() + 7, 4));
    const Tokens inputs({1, 6}, std::span(b.inputs.data() + 6, 6));
    CHECK(difference(model(source, {}, inputs), padded.narrow(0, 1, 1)) == "");
  }
}

TEST_CASE("every encoder-decoder: every parameter learns") {
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    const auto loss = [&] { return model.loss(b.source, b.mask, b.inputs, b.targets); };
    for (const AuditedParameter& p : audit_gradients(model, loss)) {
      CAPTURE(p.name);
      CAPTURE(p.reason);
      CHECK(p.state == GradientState::sound);
    }
  }
}

TEST_CASE("every encoder-decoder: logits with a cache are those without, however they are cut") {
  const EvalMode evaluation;
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    const Tensor memory = model.encode(b.source, b.mask);
    const Tensor whole = model.logits(model.decode(b.inputs, memory, b.mask));
    for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{1, 1, 1, 1, 1, 1}, {4, 1, 1}}) {
      DecoderCache cache(v.config.decoder_layers(), 7, 6);
      int64_t at = 0;
      for (const int64_t count : cuts) {
        Tokens part(Shape{2, count});
        for (int64_t i = 0; i < part.numel(); ++i) {
          part.data()[i] = b.inputs.data()[i / count * 6 + at + i % count];
        }
        const Tensor once = at == 0 ? memory : Tensor();  // keys of the source are kept
        const Tensor logits = model.logits(model.decode(part, once, b.mask, &cache));
        CHECK(difference(logits, whole.narrow(1, at, count)) == "");
        at += count;
      }
    }
  }
}

TEST_CASE("every encoder-decoder: a source mask that is given once hides padding from then on") {
  const EvalMode evaluation;
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    const Tensor memory = model.encode(b.source, b.mask);
    const Tokens first({2, 1}, {b.inputs.data()[0], b.inputs.data()[6]});
    const Tokens second({2, 1}, {b.inputs.data()[1], b.inputs.data()[7]});
    DecoderCache once(v.config.decoder_layers(), 7, 2), always = once;
    CHECK(bit_difference(model.decode(first, memory, b.mask, &once),
                         model.decode(first, memory, b.mask, &always)) == "");
    CHECK(bit_difference(model.decode(second, {}, {}, &once),
                         model.decode(second, {}, b.mask, &always)) == "");
  }
}

TEST_CASE("every encoder-decoder: blocks that are computed again give the same gradients") {
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    const std::vector<Tensor> kept = sides_gradients(model, b);
    model.recompute = true;
    const std::vector<Tensor> again = sides_gradients(model, b);
    // Layers that share a bias or the memory add to its gradient in another order.
    for (size_t i = 0; i < kept.size(); ++i) CHECK(difference(again[i], kept[i]) == "");
  }
}

TEST_CASE("every encoder-decoder: gradients are bitwise the same for any number of threads") {
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    EncoderDecoder model = lively_sides(v.config);
    const SidesBatch b;
    std::vector<std::vector<Tensor>> of_threads;
    for (const int threads : {1, 2, 3}) {
      const ThreadGuard guard(threads);
      of_threads.push_back(sides_gradients(model, b));
    }
    for (size_t i = 0; i < of_threads[0].size(); ++i) {
      CHECK(bit_difference(of_threads[1][i], of_threads[0][i]) == "");
      CHECK(bit_difference(of_threads[2][i], of_threads[0][i]) == "");
    }
  }
}

TEST_CASE("every encoder-decoder is stored and read back, config and weights, to the bit") {
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    const TemporaryFolder folder;
    const EncoderDecoder model = lively_sides(v.config);
    save_encoder_decoder(model, folder.path());
    const EncoderDecoder again = load_encoder_decoder(folder.path());
    CHECK(again.config == model.config);
    for (const NamedTensor& p : model.named_parameters()) {
      CHECK(bit_difference(again.find(p.name), p.tensor) == "");
    }
  }
}

TEST_CASE("an encoder-decoder learns to turn a word around") {
  manual_seed(4);
  EncoderDecoder model({.vocab_size = sides_words, .n_layer = 1, .n_head = 4, .n_embd = 16});
  const SidesBatch b;
  Tokens inputs(Shape{2, 7}), targets(Shape{2, 7});
  for (int64_t i = 0; i < 14; ++i) {
    const int64_t row = i / 7, t = i % 7;
    targets.data()[i] = b.source.data()[row * 7 + 6 - t];
    inputs.data()[i] = t == 0 ? 0 : targets.data()[i - 1];
  }
  real loss = 0;
  for (int step = 0; step < 300; ++step) {
    model.zero_grad();
    const Tensor now = model.loss(b.source, {}, inputs, targets);
    now.backward();
    loss = now.item();
    const NoGrad guard;
    for (NamedTensor& p : model.named_parameters()) {
      p.tensor.copy_(p.tensor - p.tensor.grad() * real(0.5));
    }
  }
  CHECK(loss < real(0.1));
}

TEST_CASE(
    "presets have the parameters of the published models, but for rows that BART never reads") {
  const std::map<std::string, int64_t> published{{"t5-small", 60'506'624},
                                                 {"t5-base", 222'903'552},
                                                 {"t5-v1_1-small", 76'961'152},
                                                 {"bart-base", 139'420'416 - 2 * 2 * 768},
                                                 {"bart-large", 406'291'456 - 2 * 2 * 1024}};
  const MetaMode no_memory;
  size_t found = 0;
  for (const auto& preset : encoder_decoder_presets()) {
    const auto count = published.find(preset.first);
    if (count == published.end()) continue;
    ++found;
    CAPTURE(preset.first);
    CHECK(EncoderDecoder(preset.second).num_parameters() == count->second);
  }
  CHECK(found == published.size());
}

TEST_CASE("T5's head begins with logits of the same spread as any other") {
  manual_seed(2);
  const EvalMode evaluation;
  const auto spread = [](bool scaled) {
    EncoderDecoderConfig c = small_sides({});
    c.n_embd = 64;
    c.scale_tied_head = scaled;
    const EncoderDecoder model(c);
    const Tensor logits = model.logits(ones({1, 1, 64}));
    return std::sqrt(var(logits).item());
  };
  CHECK(spread(true) == doctest::Approx(spread(false)).epsilon(1e-4));
}

TEST_CASE("encoder-decoder: what cannot be is refused in a sentence") {
  const auto refusal = [](auto change) {
    EncoderDecoderConfig c = small_sides({});
    change(c);
    return message_of<ValueError>([&] { EncoderDecoder model(c); });
  };
  using C = EncoderDecoderConfig;
  CHECK(refusal([](C& c) { c.n_layer = 0; }) ==
        "encoder-decoder: n_layer = 0 must be positive and below 2^31");
  CHECK(refusal([](C& c) { c.n_head = 3; }) ==
        "encoder-decoder: n_head = 3 must divide n_embd = 16 unless head_width is given");
  CHECK(refusal([](C& c) { c.kv_heads = 3; }) ==
        "encoder-decoder: kv_heads = 3 must divide n_head = 4");
  CHECK(refusal([](C& c) {
          c.positions = Positions::rope;
          c.head_width = 5;
        }) == "encoder-decoder: rotary positions turn pairs of channels, and heads of 5 are odd");
  CHECK(refusal([](C& c) { c.end_token = 11; }) ==
        "encoder-decoder: end_token = 11 must be in [0, vocab_size = 11)");

  const EncoderDecoder model = lively_sides(small_sides({}));
  CHECK(message_of<ShapeError>([&] {
          model.decode(sides_ids(1, 3, 1), ones({1, 4, 8}));
        }) == "cross-attention: memory (1, 4, 8) must be (B, S, 16)");
  EncoderDecoderConfig learned = small_sides({});
  learned.positions = Positions::learned;
  CHECK(message_of<ShapeError>([&] { lively_sides(learned).encode(sides_ids(1, 10, 1)); }) ==
        "encoder-decoder: 10 tokens exceed block_size 9");
}

#ifdef GRADUS_DOUBLE
TEST_CASE("every encoder-decoder: gradients are those of finite differences") {
  const SidesBatch b;
  for (const SidesVariant& v : sides_variants()) {
    CAPTURE(v.name);
    EncoderDecoderConfig config = v.config;
    config.n_layer = 1;
    EncoderDecoder model = lively_sides(config);
    const std::vector<Tensor> gradients = sides_gradients(model, b);
    const NoGrad guard;
    const auto loss = [&] { return model.loss(b.source, b.mask, b.inputs, b.targets).item(); };
    std::vector<NamedTensor> parameters = model.named_parameters();
    for (size_t n = 0; n < parameters.size(); ++n) {
      CAPTURE(parameters[n].name);
      Tensor& p = parameters[n].tensor;
      for (const int64_t i : {int64_t{0}, p.numel() / 2, p.numel() - 1}) {
        real* const w = p.mutable_data() + i;
        const real value = *w, step = 1e-5;
        *w = value + step;
        const real above = loss();
        *w = value - step;
        const real below = loss();
        *w = value;
        const real slope = (above - below) / (2 * step);
        CHECK(gradients[n].data()[i] == doctest::Approx(slope).epsilon(1e-5).scale(1e-3));
      }
    }
  }
}
#endif
