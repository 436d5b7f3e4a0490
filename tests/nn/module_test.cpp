// Module: what it registers, ties, freezes, replaces, moves, and how parameters begin.

#include "nn/module.h"

#include <cmath>
#include <optional>
#include <set>

#include "nn/gpt.h"
#include "optim/optimizer.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

std::vector<std::string> names_of(const Module& module) {
  std::vector<std::string> names;
  for (const NamedTensor& p : module.named_parameters()) names.push_back(p.name);
  return names;
}

std::string joined(const Module& module) {
  std::string text;
  for (const std::string& name : names_of(module)) text += name + " ";
  return text;
}

GPTConfig tiny_config() {
  return {.block_size = 6, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 8};
}

struct Pair : Module {
  Linear first = child("first", Linear(2, 3));
  Linear second = child("second", Linear(3, 1, {.bias = false}));
  Tensor operator()(const Tensor& x) const { return second(tanh(first(x))); }
};

// y = x Wᵀ + (x Aᵀ) Bᵀ: a frozen layer and what is learnt beside it (Hu et al. 2021).
struct LowRank : Module {
  Linear base = child("base", Linear(4, 4));
  std::optional<Linear> down, up;
  void adapt() {
    down.emplace(child("lora_a", Linear(4, 1, {.bias = false})));
    up.emplace(child("lora_b", Linear(1, 4, {.bias = false})));
  }
  Tensor operator()(const Tensor& x) const { return down ? base(x) + (*up)((*down)(x)) : base(x); }
};

struct Clash : Module {
  Linear one = child("same", Linear(1, 1));
  Linear two = child("same", Linear(1, 1));
};

struct DottedClash : Module {
  Pair pair = child("pair", Pair());
  Linear dotted = child("pair.first", Linear(1, 1));
};

struct OfHistory : Module {
  explicit OfHistory(const Tensor& x) : p(parameter("p", x)) {}
  Parameter p;
};

// Mean and standard deviation.
std::pair<double, double> statistics(const Tensor& x) {
  double sum = 0, squares = 0;
  for (const real v : x.to_vector()) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  const double n = static_cast<double>(x.numel()), mean = sum / n;
  return {mean, std::sqrt(squares / n - mean * mean)};
}

}  // namespace

TEST_CASE("named_parameters: full names, in the order of declaration") {
  CHECK(joined(Pair()) == "first.weight first.bias second.weight ");
  CHECK(joined(Block({.n_embd = 4, .n_head = 2})) ==
        "ln_1.weight ln_1.bias attn.c_attn.weight attn.c_attn.bias attn.c_proj.weight "
        "attn.c_proj.bias ln_2.weight ln_2.bias mlp.c_fc.weight mlp.c_fc.bias mlp.c_proj.weight "
        "mlp.c_proj.bias ");
}

TEST_CASE("a name that is taken is refused, also one that arises from dots") {
  CHECK(message_of<ValueError>([] { Clash(); }) == "module: the name 'same' is taken");
  CHECK(message_of<ValueError>([] { DottedClash().named_parameters(); }) ==
        "module: two parameters are named 'pair.first.weight'");
}

TEST_CASE("a parameter is a leaf: a tensor with history is refused") {
  const Tensor x = ones({2}).requires_grad_();
  CHECK(contains(message_of<ValueError>([&] { OfHistory(x * x); }), "module: 'p'"));
  Pair pair;
  CHECK(contains(message_of<ValueError>([&] { pair.replace("first.bias", x * x); }), "first.bias"));
  CHECK(message_of<ValueError>([&] { pair.replace("first.bias", Tensor()); }) !=
        "nothing was thrown");
}

TEST_CASE("find: the tensor of a name; a sentence for a name that is not there") {
  const Pair pair;
  CHECK(pair.find("second.weight").node() == pair.second.weight->node());
  CHECK(message_of<ValueError>([&] { pair.find("third"); }) ==
        "module: there is no parameter 'third'");
}

TEST_CASE("a tied tensor is one leaf, listed once under its first name") {
  const GPT model(tiny_config());
  CHECK(model.lm_head.weight->node() == model.wte.weight->node());
  CHECK(names_of(model).front() == "wte.weight");
  for (const std::string& name : names_of(model)) CHECK(name != "lm_head.weight");
  CHECK(model.find("lm_head.weight").node() == model.wte.weight->node());
}

TEST_CASE("replace: every tied place gets the new tensor, the model computes with it") {
  GPT model(tiny_config());
  model.replace("wte.weight", zeros({11, 8}));
  CHECK(model.lm_head.weight->node() == model.wte.weight->node());
  CHECK(model.wte.weight->requires_grad());
  const EvalMode evaluation;
  CHECK(bit_difference(model(Tokens({1, 2}, {3, 4})), zeros({1, 2, 11})) == "");
}

TEST_CASE("requires_grad: frozen parameters get no gradient and stay, thawed ones learn") {
  GPT model(tiny_config());
  const Tokens ids({1, 3}, {1, 2, 3}), targets({1, 3}, {2, 3, 4});
  SGD optimizer(model.named_parameters(), {.lr = real(0.1), .momentum = real(0.9)});
  const auto train = [&] {
    model.loss(ids, targets).backward();
    optimizer.step();
  };
  const Tensor frozen = model.find("h.0.mlp.c_fc.weight"),
               other = model.find("h.1.mlp.c_fc.weight");
  const Tensor frozen_before = frozen.clone().detach(), other_before = other.clone().detach();

  model.requires_grad(false, "h.0");
  train();
  CHECK_FALSE(frozen.grad().defined());
  CHECK(bit_difference(frozen, frozen_before) == "");
  CHECK(bit_difference(other, other_before) != "");

  model.requires_grad(true, "h.0");
  optimizer.zero_grad();
  train();
  CHECK(frozen.grad().defined());
  CHECK(bit_difference(frozen, frozen_before) != "");
  for (const char* name : {"h.2", "h.", "wt"}) {  // a name is whole: h.1 is not h.10
    CHECK(message_of<ValueError>([&] { model.requires_grad(false, name); }) ==
          fmt::format("module: there is no parameter or module '{}'", name));
  }
}

TEST_CASE("parameters that come after the optimizer was made are seen, and learn once added") {
  LowRank layer;
  layer.requires_grad(false);
  AdamW optimizer(layer.named_parameters(), {.lr = real(0.1)});
  layer.adapt();
  CHECK(joined(layer) == "base.weight base.bias lora_a.weight lora_b.weight ");
  optimizer.add(layer.named_parameters());  // those it has already stay as they are
  const Tensor base = layer.base.weight->clone().detach();
  const Tensor added = layer.find("lora_b.weight").clone().detach();
  const Tensor x = randn({5, 4}, {1, 0}), target = randn({5, 4}, {1, 1});
  const real before = mse_loss(layer(x), target).item();
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    mse_loss(layer(x), target).backward();
    optimizer.step();
  }
  CHECK(bit_difference(layer.base.weight, base) == "");
  CHECK(bit_difference(layer.find("lora_b.weight"), added) != "");
  CHECK(mse_loss(layer(x), target).item() < before);
}

TEST_CASE("moved modules keep their registry: a growing vector of blocks, a whole model") {
  std::vector<Block> blocks;
  for (int i = 0; i < 9; ++i) blocks.emplace_back(BlockConfig{.n_embd = 4, .n_head = 2});
  for (const Block& block : blocks) {
    CHECK(block.named_parameters().size() == 12);
    CHECK(block.find("attn.c_attn.weight").node() == block.attn.c_attn.weight->node());
  }
  GPT model(tiny_config());
  const std::string names = joined(model);
  const Tokens ids({1, 3}, {1, 2, 3});
  const Tensor before = model(ids).detach();
  GPT moved(std::move(model));
  CHECK(joined(moved) == names);
  CHECK(bit_difference(moved(ids), before) == "");
  moved.replace("ln_f.weight", zeros({8}));
  CHECK(bit_difference(moved(ids), before) != "");
}

TEST_CASE("every leaf that backward reaches is a named parameter, and every one is reached") {
  for (const bool tied : {true, false}) {
    GPTConfig config = tiny_config();
    config.tie_weights = tied;
    const GPT model(config);
    std::set<const autograd::Node*> named, reached;
    for (const NamedTensor& p : model.named_parameters()) named.insert(p.tensor.node().get());
    const Tensor loss = model.loss(Tokens({1, 2}, {1, 2}), Tokens({1, 2}, {2, 3}));
    std::vector<autograd::Node*> waiting{loss.node().get()};
    while (!waiting.empty()) {
      autograd::Node* node = waiting.back();
      waiting.pop_back();
      if (node->state == autograd::State::leaf) reached.insert(node);
      for (const autograd::Edge& edge : node->edges()) {
        if (edge.input != nullptr) waiting.push_back(edge.input.get());
      }
    }
    CHECK(reached == named);
  }
}

TEST_CASE("MetaMode: GPT-2 XL is built and counted without memory") {
  const int64_t before = memory_stats().live_bytes;
  const MetaMode no_memory;
  const GPT xl({.n_layer = 48, .n_head = 25, .n_embd = 1600});
  CHECK(xl.num_parameters() == 1'557'611'200);
  CHECK(memory_stats().live_bytes - before < 1 << 20);  // handles, no numbers
  CHECK(xl.wte.weight->is_meta());
}

TEST_CASE("GPT-2 small has 124,439,808 parameters, and a second table if the head is its own") {
  const MetaMode no_memory;
  CHECK(GPT(GPTConfig{}).num_parameters() == 124'439'808);
  CHECK(GPT({.tie_weights = false}).num_parameters() == 124'439'808 + 50257 * 768);
}

TEST_CASE("Sequential: layers are named by their number, functions have no name") {
  Sequential net;
  net.add(Linear(2, 3)).add(relu).add(Linear(3, 1));
  CHECK(joined(net) == "0.weight 0.bias 2.weight 2.bias ");
  const Tensor x = randn({4, 2}, {3, 0});
  const Tensor expected = linear(relu(linear(x, net.find("0.weight"), net.find("0.bias"))),
                                 net.find("2.weight"), net.find("2.bias"));
  CHECK(bit_difference(net(x), expected) == "");
  const Sequential moved(std::move(net));
  CHECK(bit_difference(moved(x), expected) == "");
}

TEST_CASE("a multi-layer perceptron learns XOR") {
  manual_seed(1);
  Sequential net;
  net.add(Linear(2, 8)).add(gradus::tanh).add(Linear(8, 1));
  const Tensor x = from_data({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1}), y = from_data({4, 1}, {0, 1, 1, 0});
  Adam optimizer(net.named_parameters(), {.lr = real(0.05)});
  for (int step = 0; step < 300; ++step) {
    bce_with_logits(net(x), y).backward();
    optimizer.step();
    optimizer.zero_grad();
  }
  const std::vector<real> answers = net(x).to_vector();
  CHECK(answers[0] < -2);
  CHECK(answers[1] > 2);
  CHECK(answers[2] > 2);
  CHECK(answers[3] < -2);
}

TEST_CASE("GPT begins as GPT-2: N(0, 0.02), residual projections N(0, 0.02 / sqrt(2 L))") {
  manual_seed(1337);
  const GPT model({.block_size = 64, .vocab_size = 300, .n_layer = 3, .n_head = 4, .n_embd = 64});
  for (const NamedTensor& p : model.named_parameters()) {
    CAPTURE(p.name);
    const auto [mean, deviation] = statistics(p.tensor);
    if (p.tensor.rank() == 1) {
      CHECK(mean == (p.name.ends_with("bias") ? 0 : 1));
      CHECK(deviation == 0);
      continue;
    }
    // Four standard errors: of a mean 1 / sqrt(n), of a deviation 1 / sqrt(2n).
    const double expected = p.name.ends_with("c_proj.weight") ? 0.02 / std::sqrt(2.0 * 3) : 0.02;
    const double n = static_cast<double>(p.tensor.numel());
    CHECK(std::abs(mean) < 4 * expected / std::sqrt(n));
    CHECK(std::abs(deviation / expected - 1) < 4 / std::sqrt(2 * n));
  }
}

TEST_CASE("a parameter's random stream hangs on its name: another layer changes no other") {
  GPTConfig config = tiny_config();
  manual_seed(7);
  const GPT shallow(config);
  config.n_layer = 3;
  manual_seed(7);
  default_generator().counter = 99;  // nor does what was drawn before
  const GPT deep(config);
  for (const NamedTensor& p : shallow.named_parameters()) {
    if (p.name.ends_with("c_proj.weight")) continue;  // their scale depends on the depth
    CAPTURE(p.name);
    CHECK(bit_difference(p.tensor, deep.find(p.name)) == "");
  }
  CHECK(bit_difference(shallow.find("h.0.mlp.c_fc.weight"), shallow.find("h.1.mlp.c_fc.weight")) !=
        "");
  manual_seed(8);
  CHECK(bit_difference(GPT(config).find("wte.weight"), deep.find("wte.weight")) != "");
}
