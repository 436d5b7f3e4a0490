// Ablation: which parts a pattern names, and what stands in their place.

#include "nn/ablation.h"

#include <algorithm>
#include <cmath>

#include "autograd/mode.h"
#include "nn/gpt.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

GPTConfig two_layers() {
  return {
      .block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 4, .n_embd = 16, .kv_heads = 2};
}

std::vector<std::string> ablate(GPT& model, const std::string& rule) {
  return gradus::ablate(model, model.config.block(), {ablation_from(rule)});
}

std::string ablation_refusal(const std::string& rule) {
  GPT model(two_layers());
  return message_of<ValueError>([&] { ablate(model, rule); });
}

const Tokens six_ids({1, 6}, {1, 2, 3, 4, 5, 6});

}  // namespace

TEST_CASE(
    "ablate: queries, keys and values are parts of the packed matrix, and nothing else moves") {
  for (const auto& [part, first, rows] :
       {std::tuple{"q", 0, 16}, std::tuple{"k", 16, 8}, std::tuple{"v", 24, 8}}) {
    manual_seed(3);
    const GPT before(two_layers());
    manual_seed(3);
    GPT model(two_layers());
    const std::string name = fmt::format("h.1.attn.{}.weight", part);
    CAPTURE(name);
    CHECK(ablate(model, name + "=zero") == std::vector<std::string>{name});
    for (const NamedTensor& p : model.named_parameters()) {
      CAPTURE(p.name);
      Tensor expected = before.find(p.name).clone().detach();
      if (p.name == "h.1.attn.c_attn.weight") expected.narrow(0, first, rows).zero_();
      CHECK(bit_difference(p.tensor, expected) == "");
    }
  }
}

TEST_CASE("ablate: without queries every token attends to all before it alike") {
  const EvalMode evaluation;
  GPTConfig config = two_layers();
  config.n_layer = 1;
  GPT model(config);
  ablate(model, "h.0.attn.q.*=zero");
  const Tensor before = model(six_ids);
  ablate(model, "h.0.attn.k.*=random");  // nobody asks for keys
  CHECK(bit_difference(model(six_ids), before) == "");
  ablate(model, "h.0.attn.v.*=random");
  CHECK(bit_difference(model(six_ids), before) != "");
}

TEST_CASE("ablate: the mean, and random numbers of the same mean and spread") {
  GPT model(two_layers());
  Tensor wte = model.wte.weight->detach();
  {
    const NoGrad guard;
    wte.copy_(randn(wte.shape(), {5, 5}) * 3 + 2);
  }
  const Tensor before = wte.clone();
  ablate(model, "wte.weight=random");
  CHECK(bit_difference(wte, before) != "");
  CHECK(std::abs(mean(wte).item() - mean(before).item()) < 1);
  CHECK(std::abs(std::sqrt(var(wte).item()) - 3) < 0.6);
  const Tensor random = wte.clone();
  const real m = mean(random).item();
  ablate(model, "wte.weight=mean");
  for (const real value : wte.to_vector()) REQUIRE(value == doctest::Approx(m));
}

TEST_CASE("ablate: a star stands for layers and kinds; what names nothing is refused") {
  GPT model(two_layers());
  CHECK(ablate(model, "h.*.attn.q.weight=zero").size() == 2);
  CHECK(ablate(model, "h.0.*=zero").size() == 18);  // 12 parameters, and six parts of two of them
  CHECK(ablation_refusal("h.7.*=zero").starts_with("ablate: 'h.7.*' names no parameter"));
  CHECK(ablation_refusal("wte.weight") ==
        "ablate: 'wte.weight' is not PATTERN=zero, mean or random");
  CHECK(ablation_refusal("wte.weight=half") ==
        "ablate: 'wte.weight=half' is not PATTERN=zero, mean or random");
  CHECK(ablation_refusal("=zero") == "ablate: '=zero' is not PATTERN=zero, mean or random");
}

TEST_CASE("ablate: a layer's name means its weight and its bias") {
  GPT model(two_layers());
  CHECK(ablate(model, "h.1.attn.q=zero") ==
        std::vector<std::string>{"h.1.attn.q.weight", "h.1.attn.q.bias"});
}

TEST_CASE("ablate: a number in brackets names the rows of one head, weight and bias") {
  for (const auto& [part, first] : {std::tuple{"q", 8}, std::tuple{"k", 16 + 4}}) {
    const int head = part == std::string("q") ? 2 : 1;  // of 4 and of 2, 4 wide each
    manual_seed(3);
    const GPT before(two_layers());
    manual_seed(3);
    GPT model(two_layers());
    const std::string name = fmt::format("h.1.attn.{}", part);
    CAPTURE(name);
    CHECK(ablate(model, fmt::format("{}[{}]=zero", name, head)) ==
          std::vector<std::string>{fmt::format("{}.weight[{}]", name, head),
                                   fmt::format("{}.bias[{}]", name, head)});
    for (const NamedTensor& p : model.named_parameters()) {
      CAPTURE(p.name);
      Tensor expected = before.find(p.name).clone().detach();
      if (p.name.starts_with("h.1.attn.c_attn.")) expected.narrow(0, first, 4).zero_();
      CHECK(bit_difference(p.tensor, expected) == "");
    }
  }
}

TEST_CASE(
    "ablate: heads of all layers by a pattern, of weights alone, and those that there are not") {
  GPT model(two_layers());
  CHECK(ablate(model, "h.*.attn.q[0]=mean").size() == 4);
  CHECK(ablate(model, "h.0.attn.v.weight[1]=random") ==
        std::vector<std::string>{"h.0.attn.v.weight[1]"});
  CHECK(
      contains(ablation_refusal("h.0.attn.q[4]=zero"), "there is no head 4 in h.0.attn.q.weight"));
  CHECK(contains(ablation_refusal("h.0.attn.k[2]=zero"), "which has 2, counted from 0"));
  CHECK(contains(ablation_refusal("h.0.mlp.c_fc[0]=zero"), "names no parameter of heads"));
  CHECK(contains(ablation_refusal("h.0.attn.q[a]=zero"), "names no parameter"));
}
