// BERT with the switches of the block.

#include <nlohmann/json.hpp>

#include "autograd/mode.h"
#include "data/json.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/task_model.h"
#include "tests/data/support.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

BERTConfig plain_encoder() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 4, .n_embd = 16};
}

// Every switch away from BERT's own setting, one at a time, and many together.
std::vector<BERTConfig> encoders() {
  std::vector<BERTConfig> all{plain_encoder()};
  const auto with = [&](auto change) {
    all.push_back(plain_encoder());
    change(all.back());
  };
  for (const Positions p : {Positions::none, Positions::sinusoidal, Positions::rope,
                            Positions::alibi, Positions::relative}) {
    with([p](BERTConfig& c) { c.positions = p; });
  }
  with([](BERTConfig& c) { c.norm = NormKind::rms; });
  with([](BERTConfig& c) { c.placement = Placement::pre; });
  with([](BERTConfig& c) { c.activation = Activation::swiglu; });
  with([](BERTConfig& c) { c.kv_heads = 2; });
  with([](BERTConfig& c) { c.kv_heads = 1, c.bias = false; });
  with([](BERTConfig& c) { c.qk_norm = true; });
  with([](BERTConfig& c) { c.n_type = 1; });
  with([](BERTConfig& c) {
    c.positions = Positions::rope;
    c.norm = NormKind::rms;
    c.placement = Placement::pre;
    c.activation = Activation::geglu;
    c.kv_heads = 2;
    c.bias = false;
  });
  return all;
}

Tokens no_types(const Tokens& ids) { return Tokens(ids.shape); }

}  // namespace

TEST_CASE("BERT variants: every token sees every other, and padding changes nothing") {
  const EvalMode evaluation;
  for (const BERTConfig& config : encoders()) {
    CAPTURE(bert_config_to_json(config).dump());
    const BERT model(config);
    const Tokens ids({1, 4}, {1, 2, 3, 4});
    const Tensor before = model.hidden(ids, no_types(ids));
    for (const int64_t changed : {0, 3}) {
      Tokens other = ids;
      other.data()[changed] = 9;
      const Tensor after = model.hidden(other, no_types(other));
      for (int64_t seen = 0; seen < 4; ++seen) {
        CHECK(difference(after.narrow(1, seen, 1), before.narrow(1, seen, 1), 0) != "");
      }
    }
    const Tokens padded({1, 6}, {1, 2, 3, 4, 7, 7});
    const Tensor mask = from_data({1, 6}, {1, 1, 1, 1, 0, 0});
    CHECK(difference(model.hidden(padded, no_types(padded), mask).narrow(1, 0, 4), before) == "");
  }
}

TEST_CASE("BERT in a window: what lies further away on either side changes nothing in one layer") {
  const EvalMode evaluation;
  BERTConfig config = plain_encoder();
  config.window = 2;
  config.n_layer = 1;
  const BERT model(config);
  const Tokens ids({1, 6}, {1, 2, 3, 4, 5, 6});
  const Tensor before = model.hidden(ids, no_types(ids));
  Tokens other = ids;
  other.data()[0] = 9;
  const Tensor after = model.hidden(other, no_types(other));
  CHECK(difference(after.narrow(1, 1, 1), before.narrow(1, 1, 1), 0) != "");
  CHECK(bit_difference(after.narrow(1, 2, 4).contiguous(), before.narrow(1, 2, 4).contiguous()) ==
        "");
}

TEST_CASE("BERT variants: all parameters get a gradient, and recomputed ones the same") {
  for (const BERTConfig& config : encoders()) {
    CAPTURE(bert_config_to_json(config).dump());
    BERTForPreTraining model(config, false);
    const Tokens ids({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), positions({3}, {1, 4, 7});
    const auto gradients = [&](bool recompute) {
      model.bert.recompute = recompute;
      model.zero_grad();
      const Tensor x = rows_at(model.bert.hidden(ids, no_types(ids)), positions);
      cross_entropy(model.mlm(x), Tokens({3}, {2, 5, 8})).backward();
      std::vector<Tensor> all;
      for (const NamedTensor& p : model.named_parameters()) {
        INFO(p.name);
        REQUIRE(p.tensor.grad().defined());
        all.push_back(p.tensor.grad().contiguous() * real(1));
      }
      return all;
    };
    const std::vector<Tensor> kept = gradients(false), again = gradients(true);
    for (size_t i = 0; i < kept.size(); ++i) CHECK(difference(again[i], kept[i]) == "");
  }
}

TEST_CASE("BERT variants: saved and loaded bit for bit; only BERT itself is called bert") {
  for (const BERTConfig& config : encoders()) {
    CAPTURE(bert_config_to_json(config).dump());
    const TemporaryFolder folder;
    const BERTForPreTraining model(config, true);
    save_bert(model, folder.path());
    const BERTForPreTraining loaded = load_bert(folder.path());
    CHECK(loaded.config() == config);
    for (const NamedTensor& p : model.named_parameters()) {
      CHECK(bit_difference(loaded.find(p.name), p.tensor) == "");
    }
    const bool plain = config == plain_encoder() || config.n_type == 1;
    CHECK(read_json(folder.path() / "config.json")["model_type"] ==
          (plain ? "bert" : "gradus-bert"));
    CHECK(model_type_of(folder.path()) == "bert");
  }
}

TEST_CASE("BERT variants: one that was fine-tuned comes back with its head") {
  for (const BERTConfig& config : encoders()) {
    CAPTURE(bert_config_to_json(config).dump());
    const TemporaryFolder folder;
    const TaskModel model(config, {.labels = {"a", "b"}});
    save_task_model(model, folder.path());
    REQUIRE(is_task_model(folder.path()));
    const TaskModel loaded = load_task_model(folder.path());
    for (const NamedTensor& p : model.named_parameters()) {
      CHECK(bit_difference(loaded.find(p.name), p.tensor) == "");
    }
  }
}

TEST_CASE("a BERT of one segment reads pairs, whose halves it does not tell apart") {
  const EvalMode evaluation;
  BERTConfig config = plain_encoder();
  config.n_type = 1;
  const BERT model(config);
  const Tokens ids({1, 4}, {1, 2, 3, 4}), halves({1, 4}, {0, 0, 1, 1});
  CHECK(bit_difference(model.hidden(ids, halves), model.hidden(ids, no_types(ids))) == "");
}

TEST_CASE("BERT variants that make no sense are refused in a sentence") {
  const auto refused = [](auto change) {
    BERTConfig config = plain_encoder();
    change(config);
    return message_of<ValueError>([&] { BERT model(config); });
  };
  CHECK(refused([](BERTConfig& c) { c.kv_heads = 3; }) ==
        "BERT: kv_heads = 3 must divide n_head = 4");
  CHECK(refused([](BERTConfig& c) { c.n_embd = 12, c.positions = Positions::rope; }) ==
        "BERT: rotary positions turn pairs of channels, and heads of 3 are odd");
  CHECK(refused([](BERTConfig& c) { c.window = -1; }) == "BERT: window = -1 must be in [0, 2^31)");
}
