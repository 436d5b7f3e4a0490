// The formulas of parameters against the parameters that are there.

#include "nn/formula.h"

#include "autograd/observe.h"
#include "nn/summary.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

using Counts = std::vector<std::pair<std::string, int64_t>>;

Counts counted(const Module& model) {
  Counts counts;
  for (const ParameterGroup& g : parameter_groups(model)) counts.emplace_back(g.kind, g.count);
  return counts;
}

Counts computed(const std::vector<FormulaTerm>& terms) {
  Counts counts;
  for (const FormulaTerm& t : terms) counts.emplace_back(t.kind, t.count);
  return counts;
}

GPTConfig plain() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 3, .n_head = 4, .n_embd = 16};
}

// Multiplications and additions of matrix products that f() really does.
template <class F>
double flops_of(F f) {
  const NoGrad values;
  double flops = 0;
  const Observe watch([&](const char* op, Tensor& y, std::span<const Tensor* const> in) {
    if (std::string(op) == "linear") {
      flops += 2 * static_cast<double>(y.numel() * in[1]->dim(1));
    } else if (std::string(op) == "attention") {
      flops += 4 * static_cast<double>(y.numel() * in[1]->dim(1));  // y (B, T, NH, hs), S keys
    }
  });
  f();
  return flops;
}

// T tokens of one text.
Tokens zeros_of(int64_t T) { return Tokens(Shape{1, T}); }

}  // namespace

TEST_CASE("parameter_formula: every switch of the GPT is counted as it is built") {
  const MetaMode no_memory;
  std::vector<GPTConfig> configs{plain()};
  const auto with = [&](auto change) {
    configs.push_back(plain());
    change(configs.back());
  };
  with([](GPTConfig& c) { c.kv_heads = 2; });
  with([](GPTConfig& c) { c.kv_heads = 1, c.bias = false; });
  with([](GPTConfig& c) { c.bias = false; });
  with([](GPTConfig& c) { c.tie_weights = false; });
  with([](GPTConfig& c) { c.qk_norm = true; });
  with([](GPTConfig& c) { c.norm = NormKind::rms; });
  with([](GPTConfig& c) { c.activation = Activation::swiglu; });
  with([](GPTConfig& c) { c.activation = Activation::geglu, c.bias = false, c.n_inner = 24; });
  for (const Positions p : {Positions::none, Positions::sinusoidal, Positions::rope,
                            Positions::alibi, Positions::relative}) {
    with([p](GPTConfig& c) { c.positions = p; });
  }
  for (const GPTConfig& c : configs) {
    CAPTURE(letters(c));
    CHECK(computed(parameter_formula(c)) == counted(GPT(c)));
  }
}

TEST_CASE("parameter_formula: BERT with and without next sentences") {
  const MetaMode no_memory;
  const BERTConfig plain_bert{
      .block_size = 8, .vocab_size = 11, .n_layer = 3, .n_head = 4, .n_embd = 16};
  BERTConfig other = plain_bert;
  other.positions = Positions::relative;
  other.placement = Placement::pre;
  other.kv_heads = 2;
  other.n_type = 1;
  for (const BERTConfig& c : {plain_bert, other}) {
    for (const bool next_sentence : {true, false}) {
      CHECK(computed(parameter_formula(c, next_sentence)) ==
            counted(BERTForPreTraining(c, next_sentence)));
    }
  }
}

TEST_CASE("parameter_formula: the families of encoder-decoders, and shared or wider heads") {
  const MetaMode no_memory;
  std::vector<EncoderDecoderConfig> configs;
  for (const auto& [name, config] : encoder_decoder_presets()) configs.push_back(config);
  EncoderDecoderConfig other = configs.front();
  other.n_decoder_layer = 3;
  other.kv_heads = 2;
  other.bias = other.qk_norm = true;
  other.head_width = 24;
  configs.push_back(other);
  for (const EncoderDecoderConfig& c : configs) {
    CAPTURE(letters(c));
    CHECK(computed(parameter_formula(c)) == counted(EncoderDecoder(c)));
  }
}

TEST_CASE("GPT-2 small: the formula reads as in the papers, and 124.44M is 124.34M and biases") {
  const std::vector<FormulaTerm> terms = parameter_formula(GPTConfig{});
  CHECK(terms[0].formula == "V C + P C");
  CHECK(terms[1].formula == "L (4 C² + 4 C)");
  CHECK(terms[2].formula == "L (2 C F + F + C)");
  CHECK(terms[3].formula == "(2 L + 1) 2 C");
  CHECK(terms[3].count == 38'400);
  const MetaMode no_memory;
  int64_t biases = 0, all = 0;
  for (const ParameterGroup& g : parameter_groups(GPT(GPTConfig{}))) {
    biases += g.biases;
    all += g.count;
  }
  CHECK(all == 124'439'808);
  CHECK(all - biases == 124'337'664);  // nanoGPT's count with bias=False
}

TEST_CASE("cache and arithmetic of GPT-2 small, by hand") {
  const GPTConfig c;
  CHECK(cache_bytes_per_token(c, 2) == 36'864);  // 2 · 12 · 768 numbers of 2 bytes
  GPTConfig shared = c;
  shared.kv_heads = 3;
  CHECK(cache_bytes_per_token(shared, 2) == 36'864 / 4);
  // 12 layers of 12 C² and the head of V C, twice; scores and sums over 1,024 keys.
  const double matrices = 12.0 * 12 * 768 * 768 + 50257.0 * 768;
  CHECK(forward_flops_per_token(c, 1024) == 2 * matrices + 4.0 * 12 * 768 * 1024);
  GPTConfig near = c;
  near.window = 256;
  CHECK(forward_flops_per_token(near, 1024) == 2 * matrices + 4.0 * 12 * 768 * 256);
  CHECK(forward_flops_per_token(near, 100) == 2 * matrices + 4.0 * 12 * 768 * 100);
  BERTConfig both{.n_layer = 12, .n_head = 12, .n_embd = 768, .window = 64};
  CHECK(forward_flops_per_token(both, 512) == 2 * 12.0 * 12 * 768 * 768 + 4.0 * 12 * 768 * 127);
}

TEST_CASE("arithmetic is what the models really do, with shared and wider heads") {
  constexpr int64_t T = 8;
  for (const Activation activation : {Activation::gelu, Activation::swiglu}) {
    GPTConfig gpt = plain();
    BERTConfig bert{.block_size = T, .vocab_size = 11, .n_layer = 3, .n_head = 4, .n_embd = 16};
    gpt.kv_heads = bert.kv_heads = 2;
    gpt.activation = bert.activation = activation;
    const GPT decoder(gpt);
    CHECK(T * forward_flops_per_token(gpt, T) == flops_of([&] { decoder(zeros_of(T)); }));
    const BERT encoder(bert);
    CHECK(T * forward_flops_per_token(bert, T) ==
          flops_of([&] { encoder.hidden(zeros_of(T), zeros_of(T)); }));
  }
  for (const auto& preset : encoder_decoder_presets()) {
    CAPTURE(preset.first);
    EncoderDecoderConfig config = preset.second;
    config.vocab_size = 11;
    config.n_layer = 2;
    config.n_decoder_layer = 3;
    config.n_head = 4;
    config.n_embd = 16;
    config.n_inner = 0;
    config.head_width = 24;
    const EncoderDecoder model(config);
    const SourceTargetFlops flops = forward_flops_per_token(config, T);
    CHECK(T * (flops.source + flops.target) ==
          flops_of([&] { model(zeros_of(T), Tensor(), zeros_of(T)); }));
  }
}

TEST_CASE("the cache of an encoder-decoder: the decoder's layers, for source and target alike") {
  EncoderDecoderConfig c = encoder_decoder_presets().front().second;
  c.n_decoder_layer = 3;
  c.kv_heads = c.n_head;
  CHECK(cache_bytes_per_token(c, 2) == 2 * 3 * c.n_embd * 2);
}
