// BERT: what it sees, what its heads give, and what padding may not change.

#include "nn/bert.h"

#include "autograd/mode.h"
#include "nn/task_model.h"
#include "tests/support.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

BERTConfig tiny_encoder() {
  return {.block_size = 8, .vocab_size = 11, .n_layer = 2, .n_head = 2, .n_embd = 8};
}

Tokens types_for(const Tokens& ids) { return Tokens(ids.shape); }

}  // namespace

TEST_CASE("every token sees every other, to its left and to its right") {
  const EvalMode evaluation;
  const BERT model(tiny_encoder());
  const Tokens ids({1, 4}, {1, 2, 3, 4});
  const Tensor before = model.hidden(ids, types_for(ids));
  for (int64_t changed = 0; changed < 4; ++changed) {
    Tokens other = ids;
    other.data()[changed] = 9;
    const Tensor after = model.hidden(other, types_for(other));
    for (int64_t seen = 0; seen < 4; ++seen) {
      CHECK(difference(after.narrow(1, seen, 1), before.narrow(1, seen, 1), 0) != "");
    }
  }
}

TEST_CASE("the states are the embeddings and one per layer, the last of which is the result") {
  const EvalMode evaluation;
  const BERT model(tiny_encoder());
  const Tokens ids({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<Tensor> states = model.states(ids, types_for(ids));
  CHECK(states.size() == 3);
  CHECK(bit_difference(states.back(), model.hidden(ids, types_for(ids))) == "");
}

TEST_CASE("padding behind a mask changes nothing, and neither does what stands in it") {
  const EvalMode evaluation;
  const BERT model(tiny_encoder());
  const Tokens alone({1, 3}, {1, 2, 3});
  const Tensor expected = model.hidden(alone, types_for(alone));
  for (const int32_t filler : {0, 7}) {
    const Tokens padded({1, 5}, {1, 2, 3, filler, filler});
    const Tensor mask = from_data({1, 5}, {1, 1, 1, 0, 0});
    const Tensor x = model.hidden(padded, types_for(padded), mask);
    CHECK(difference(x.narrow(1, 0, 3), expected) == "");
  }
}

TEST_CASE("the segments differ: the same tokens as B have other states") {
  const EvalMode evaluation;
  const BERT model(tiny_encoder());
  const Tokens ids({1, 2}, {1, 2}), as_b({1, 2}, {1, 1});
  CHECK(difference(model.hidden(ids, types_for(ids)), model.hidden(ids, as_b), real(1e-3)) != "");
}

TEST_CASE("the masked head shares the token embeddings, and all parameters get a gradient") {
  BERTForPreTraining model(tiny_encoder(), true);
  const Tokens ids({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor x = model.bert.hidden(ids, types_for(ids));
  const Tokens positions({3}, {1, 4, 7});
  const Tensor masked = cross_entropy(model.mlm(rows_at(x, positions)), Tokens({3}, {2, 5, 8}));
  const Tensor next = cross_entropy((*model.nsp)((*model.pooler)(x)), Tokens({2}, {0, 1}));
  (masked + next).backward();
  for (const NamedTensor& p : model.named_parameters()) {
    INFO(p.name);
    CHECK(p.name.find("decoder") == std::string::npos);
    CHECK(p.tensor.grad().defined());
  }
}

TEST_CASE("without next-sentence prediction there is neither pooler nor its head") {
  const BERTForPreTraining model(tiny_encoder(), false);
  for (const NamedTensor& p : model.named_parameters()) {
    CHECK_FALSE(p.name.starts_with("pooler"));
    CHECK_FALSE(p.name.starts_with("nsp"));
  }
}

TEST_CASE("a BERT of impossible sizes says which one, and too long a text says how long") {
  BERTConfig config = tiny_encoder();
  config.n_head = 3;
  CHECK(message_of<ValueError>([&] { BERT model(config); }) ==
        "BERT: n_head = 3 must divide n_embd = 8");
  const BERT model(tiny_encoder());
  const Tokens nine({1, 9});
  CHECK(message_of<ShapeError>([&] { model.hidden(nine, types_for(nine)); }) ==
        "BERT: 9 tokens exceed block_size 8");
  CHECK_THROWS_AS(model.hidden(Tokens({1, 3}), Tokens({1, 2})), ShapeError);
}

TEST_CASE("a head on [CLS] gives a row per text, a head on tokens one per token, spans two each") {
  const EvalMode evaluation;
  const Tokens ids({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto shape = [&](TaskKind kind, std::vector<std::string> labels) {
    return TaskModel(tiny_encoder(), {.kind = kind, .labels = std::move(labels)})(ids,
                                                                                  types_for(ids))
        .shape();
  };
  CHECK(shape(TaskKind::classification, {"a", "b", "c"}) == Shape{2, 3});
  CHECK(shape(TaskKind::multi_label, {"a", "b"}) == Shape{2, 2});
  CHECK(shape(TaskKind::regression, {}) == Shape{2, 1});
  CHECK(shape(TaskKind::tagging, {"O", "B-PER", "I-PER"}) == Shape{2, 4, 3});
  CHECK(shape(TaskKind::spans, {}) == Shape{2, 4, 2});
}

TEST_CASE("a GPT is read at the last token that is no padding, and cannot tag") {
  const EvalMode evaluation;
  const GPTConfig config{.block_size = 8, .vocab_size = 11, .n_layer = 1, .n_head = 2, .n_embd = 8};
  const TaskModel model(config, {.labels = {"a", "b"}});
  const Tokens alone({1, 3}, {1, 2, 3}), padded({1, 5}, {1, 2, 3, 0, 0});
  const Tensor mask = from_data({1, 5}, {1, 1, 1, 0, 0});
  CHECK(difference(model(padded, types_for(padded), mask), model(alone, types_for(alone))) == "");
  const Tokens last = last_positions({2, 3}, from_data({2, 3}, {1, 0, 0, 1, 1, 1}));
  CHECK(last.data()[0] == 0);
  CHECK(last.data()[1] == 5);
  CHECK_THROWS_AS(TaskModel(config, {.kind = TaskKind::spans}), ValueError);
}

TEST_CASE("a head on the mean of all tokens needs no pooler and sees no padding") {
  const EvalMode evaluation;
  const Tokens alone({1, 3}, {1, 2, 3}), padded({1, 5}, {1, 2, 3, 0, 0});
  const Tensor mask = from_data({1, 5}, {1, 1, 1, 0, 0});
  const TaskModel model(tiny_encoder(), {.labels = {"a", "b"}, .pooling = Pooling::mean});
  CHECK_FALSE(model.pooler);
  const Tensor logits = model(alone, types_for(alone));
  CHECK(difference(model(padded, types_for(padded), mask), logits) == "");
  const Tensor x = model.bert->hidden(alone, types_for(alone));
  CHECK(difference((*model.classifier)(mean(x, {1})), logits) == "");
  const TaskConfig tags{.kind = TaskKind::tagging, .labels = {"O"}, .pooling = Pooling::mean};
  CHECK_THROWS_AS(TaskModel(tiny_encoder(), tags), ValueError);
}

TEST_CASE("the mean of states counts no padding") {
  const Tensor states = from_data({1, 3, 2}, {1, 2, 3, 4, 100, 100});
  CHECK(bit_difference(mean_pooled(states, from_data({1, 3}, {1, 1, 0})),
                       from_data({1, 2}, {2, 3})) == "");
  CHECK(difference(mean_pooled(states), from_data({1, 2}, {real(104) / 3, real(106) / 3})) == "");
}
