// The loop of fine-tuning: what moves and how fast, what is kept, and that it is the same each
// time.

#include <map>
#include <set>

#include "data/shuffled_batches.h"
#include "nn/pretrained/task_model.h"
#include "tests/train/finetune_support.h"
#include "train/finetune/forward.h"
#include "train/finetune/session.h"

using namespace gradus;
using namespace gradus::testing;
using doctest::Approx;

namespace {

const TaskConfig three_labels = task_without_dropout(TaskKind::classification, {"a", "b", "c"});

bool is_head(const std::string& name) { return name.starts_with("classifier."); }

}  // namespace

TEST_CASE("shuffled batches: every row once an epoch, in another order each time") {
  ShuffledBatches batches({3, 1, 2, 5, 4, 9, 7}, 3, 5);
  REQUIRE(batches.batches_per_epoch() == 3);
  std::vector<std::vector<int64_t>> epochs;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> seen;
    for (int b = 0; b < 3; ++b) std::ranges::copy(batches.next(), std::back_inserter(seen));
    epochs.push_back(seen);
    std::ranges::sort(seen);
    CHECK(seen == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  }
  CHECK(epochs[0] != epochs[1]);
  ShuffledBatches again({3, 1, 2, 5, 4, 9, 7}, 3, 5);
  std::vector<int64_t> first;
  for (int b = 0; b < 3; ++b) std::ranges::copy(again.next(), std::back_inserter(first));
  CHECK(first == epochs[0]);
}

TEST_CASE("shuffled batches: neighbours are of similar length") {
  std::vector<size_t> lengths;
  for (size_t i = 0; i < 64; ++i) lengths.push_back(i * 37 % 64);
  ShuffledBatches batches(lengths, 8, 0);
  for (int b = 0; b < 8; ++b) {
    size_t shortest = 64, longest = 0;
    for (const int64_t row : batches.next()) {
      shortest = std::min(shortest, lengths[static_cast<size_t>(row)]);
      longest = std::max(longest, lengths[static_cast<size_t>(row)]);
    }
    CHECK(longest - shortest == 7);
  }
}

TEST_CASE("few examples are seen as often as the least number of steps takes") {
  const FineTuneOptions o{.epochs = 3, .min_steps = 300, .batch_size = 32};
  CHECK(o.steps_for(30) == 300);
  CHECK(o.steps_for(6400) == 600);
  CHECK(o.steps_for(6401) == 603);
}

TEST_CASE("wide pre-trained models begin with a smaller learning rate") {
  CHECK(default_lr(64, false, false) == real(1e-3));
  CHECK(default_lr(128, false, false) == real(1e-3));
  CHECK(default_lr(256, false, false) == doctest::Approx(2.5e-4));
  const double base = double(default_lr(768, false, false));
  CHECK(base > 2e-5);
  CHECK(base < 5e-5);  // Devlin et al. 2019, A.3
  CHECK(default_lr(768, true, false) == real(1e-3));
  CHECK(default_lr(768, false, true) == real(1e-2));
}

TEST_CASE("layer decay: the head learns at the full rate, each layer below at less") {
  CHECK(layer_lr_scale("classifier.weight", 2, real(0.5)) == 1);
  CHECK(layer_lr_scale("pooler.dense.bias", 2, real(0.5)) == 1);
  CHECK(layer_lr_scale("bert.h.1.ln_1.weight", 2, real(0.5)) == real(0.5));
  CHECK(layer_lr_scale("bert.h.0.attn.c_attn.weight", 2, real(0.5)) == real(0.25));
  CHECK(layer_lr_scale("bert.wte.weight", 2, real(0.5)) == real(0.125));
  CHECK(layer_lr_scale("bert.ln_e.bias", 2, real(0.5)) == real(0.125));
  CHECK(layer_lr_scale("gpt.ln_f.weight", 12, real(0.5)) == 1);
  CHECK(layer_lr_scale("gpt.h.11.mlp.c_fc.weight", 12, real(0.5)) == real(0.5));
}

TEST_CASE("layer decay: Adam's first step moves every layer by its own rate") {
  const TextExamples examples = class_examples();
  TaskModel model = tiny_task_model(three_labels);
  const std::vector<NamedTensor> before = weights_of(model);
  fine_tune(model, examples, examples,
            {.epochs = 0,
             .min_steps = 1,
             .lr = real(1e-3),
             .warmup = 0,
             .weight_decay = 0,
             .layer_decay = real(0.1)});
  const std::map<std::string, double> expected{{"classifier.weight", 1e-3},
                                               {"bert.h.1.mlp.c_proj.weight", 1e-4},
                                               {"bert.h.0.mlp.c_proj.weight", 1e-5},
                                               {"bert.wtt.weight", 1e-6}};
  size_t checked = 0;
  const std::vector<NamedTensor> after = weights_of(model);
  for (size_t i = 0; i < before.size(); ++i) {
    const auto rate = expected.find(before[i].name);
    if (rate == expected.end()) continue;
    double largest = 0;
    const std::vector<real> a = before[i].tensor.to_vector(), b = after[i].tensor.to_vector();
    for (size_t k = 0; k < a.size(); ++k) {
      largest = std::max(largest, std::abs(static_cast<double>(b[k] - a[k])));
    }
    CAPTURE(before[i].name);
    CHECK(largest == Approx(rate->second).epsilon(0.05));
    ++checked;
  }
  CHECK(checked == expected.size());
}

TEST_CASE("a probe leaves all but the linear layer as it is, bit for bit, and lets go of it") {
  const TextExamples examples = class_examples();
  TaskModel model = tiny_task_model(three_labels);
  const std::vector<NamedTensor> before = weights_of(model);
  FineTuneOptions o = by_heart();
  o.freeze = true;
  fine_tune(model, examples, examples, o);
  const std::vector<NamedTensor> after = weights_of(model);
  for (size_t i = 0; i < before.size(); ++i) {
    CAPTURE(before[i].name);
    const bool unchanged = bit_difference(after[i].tensor, before[i].tensor) == "";
    CHECK(unchanged != is_head(before[i].name));
  }
  CHECK(model.find("bert.wte.weight").requires_grad());
  CHECK(model.find("pooler.dense.weight").requires_grad());
}

TEST_CASE("a probe on kept hidden states learns what frozen parameters would") {
  const TextExamples examples = class_examples();
  FineTuneOptions o = by_heart();
  o.min_steps = 20;
  TaskModel frozen = tiny_task_model(three_labels);
  frozen.requires_grad(false, "bert");
  frozen.requires_grad(false, "pooler");
  fine_tune(frozen, examples, examples, o);
  TaskModel probe = tiny_task_model(three_labels);
  o.freeze = true;
  fine_tune(probe, examples, examples, o);
  for (const NamedTensor& p : probe.named_parameters()) {
    CAPTURE(p.name);
    CHECK(difference(p.tensor, frozen.find(p.name), real(1e-3)) == "");
  }
}

TEST_CASE("kept hidden states give the logits of the whole model, for texts, tags and GPT") {
  const auto check_same = [](const TaskModel& model, const Examples& examples) {
    const Forward whole(model, examples.encodings(), 0);
    const Forward kept(model, examples.encodings(), 0, true);
    const std::vector<Tensor> a = whole.all(), b = kept.all();
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) CHECK(difference(b[i], a[i]) == "");
  };
  check_same(tiny_task_model(three_labels), class_examples());
  TaskConfig mean = three_labels;
  mean.pooling = Pooling::mean;
  check_same(tiny_task_model(mean), class_examples());
  const TaskConfig tags = task_without_dropout(TaskKind::tagging, {"O", "B-X"});
  check_same(tiny_task_model(tags),
             TagExamples({{{"w0", "w1"}, {"O", "B-X"}}, {{"w1"}, {"B-X"}}}, tags, ten_words(), 16));
  const GPTConfig gpt{.block_size = 16, .vocab_size = 15, .n_layer = 1, .n_head = 2, .n_embd = 8};
  check_same(TaskModel(gpt, three_labels), class_examples());
}

TEST_CASE("the weights that are kept are those that scored best") {
  const TextExamples train = class_examples();
  std::vector<LabelledText> others = three_classes();
  for (LabelledText& row : others)
    row.label = row.label == "a" ? "b" : row.label == "b" ? "c" : "a";
  const TextExamples wrong = class_examples(others);  // the better it learns, the worse it scores
  TaskModel model = tiny_task_model(three_labels);
  std::vector<std::pair<int64_t, double>> scores;
  FineTuneOptions o = by_heart();
  o.evaluations = 20;
  const FineTuned result = fine_tune(model, train, wrong, o, [&](const FineTuneStep& now) {
    if (now.dev != nullptr) scores.emplace_back(now.step, now.dev->main());
  });
  REQUIRE(scores.size() == 20);
  double best = 0;
  int64_t best_step = 0;
  for (const auto& [step, score] : scores) {
    if (best_step == 0 || score > best) best = score, best_step = step;
  }
  REQUIRE(best > scores.back().second);
  CHECK(result.best_step == best_step);
  CHECK(result.dev.main() == best);
  CHECK(wrong.score(Forward(model, wrong.encodings(), 0).all()).main() == best);
}

TEST_CASE("patience ends what does not get better") {
  const TextExamples train = class_examples();
  TaskModel model = tiny_task_model(three_labels);
  FineTuneOptions o = by_heart();
  o.evaluations = 50;
  o.patience = 3;
  const FineTuned result = fine_tune(model, train, train, o);
  CHECK(result.dev.main() == 1);
  CHECK(result.steps == result.best_step + 3 * 4);  // an evaluation every four steps
}

TEST_CASE("the same seed gives the same bits, another seed others") {
  TaskConfig task = three_labels;
  task.dropout = real(0.3);
  const TextExamples examples = class_examples();
  const auto weights = [&](uint64_t seed) {
    TaskModel model = tiny_task_model(task);
    FineTuneOptions o = by_heart();
    o.min_steps = 20;
    o.seed = seed;
    fine_tune(model, examples, examples, o);
    return model.find("classifier.weight").detach().clone();
  };
  const Tensor first = weights(1);
  CHECK(bit_difference(weights(1), first) == "");
  CHECK(bit_difference(weights(2), first) != "");
}

TEST_CASE("a GPT learns classes at its last token") {
  const TextExamples examples = class_examples();
  manual_seed(4);
  TaskModel model(GPTConfig{.block_size = 16,
                            .vocab_size = 15,
                            .n_layer = 1,
                            .n_head = 2,
                            .n_embd = 16,
                            .init_std = real(0.2)},
                  three_labels);
  CHECK(fine_tune(model, examples, examples, by_heart()).dev.main() == 1);
}

TEST_CASE("a loss that is not finite ends the run and says at which step") {
  const TextExamples examples = class_examples();
  TaskModel model = tiny_task_model(three_labels);
  model.find("classifier.bias").mutable_data()[0] = std::numeric_limits<real>::quiet_NaN();
  const std::string message =
      message_of<ValueError>([&] { fine_tune(model, examples, examples, by_heart()); });
  CHECK(contains(message, "step 1: loss nan"));
}

TEST_CASE("impossible settings are refused by name") {
  const auto refused = [](FineTuneOptions o) { return message_of<ValueError>([&] { o.check(); }); };
  CHECK(contains(refused({.lr = 0}), "learning rate"));
  CHECK(contains(refused({.layer_decay = 2}), "layer decay"));
  CHECK(contains(refused({.epochs = 0, .min_steps = 0}), "epochs"));
  CHECK(contains(refused({.batch_size = 0}), "batch size"));
}

TEST_CASE("more labels of a seed begin with fewer, and all of them are as in the file") {
  TaskData data{.rows = three_classes()};
  const auto texts = [&](int64_t count, uint64_t seed) {
    std::vector<std::string> all;
    const TaskData some = data.sample(count, seed);
    for (const LabelledText& row : std::get<std::vector<LabelledText>>(some.rows)) {
      all.push_back(row.text);
    }
    return all;
  };
  const auto few = texts(3, 1), more = texts(6, 1);
  REQUIRE(few.size() == 3);
  CHECK(std::equal(few.begin(), few.end(), more.begin()));
  CHECK(texts(3, 2) != few);
  CHECK(texts(0, 1).front() == "w1");
  CHECK(texts(100, 1).size() == 9);
}

TEST_CASE("a held-out tenth has two examples at least, and the file's name for errors") {
  const TaskData data{.source = "a.tsv", .rows = three_classes()};
  const auto [held_out, others] = data.split(1);
  CHECK(held_out.size() == 2);
  CHECK(others.size() == 7);
  CHECK(held_out.source == "a.tsv");
  const TaskData two{.source = "a.tsv",
                     .rows = std::vector<LabelledText>{{.text = "w1", .label = "a"},
                                                       {.text = "w2", .label = "b"}}};
  CHECK(contains(message_of<ValueError>([&] { two.split(0); }), "too few"));
}

TEST_CASE("questions about a context are held out together") {
  std::vector<SpanQuestion> questions;
  for (int i = 0; i < 60; ++i)
    questions.push_back({.id = std::to_string(i), .context = "c" + std::to_string(i % 12)});
  const auto [held_out, others] = TaskData{.task = TaskName::qa, .rows = questions}.split(1);
  const auto contexts = [](const TaskData& data) {
    std::set<std::string> all;
    for (const SpanQuestion& q : std::get<std::vector<SpanQuestion>>(data.rows)) {
      all.insert(q.context);
    }
    return all;
  };
  CHECK(held_out.size() == 10);
  CHECK(contexts(held_out).size() == 2);
  CHECK(contexts(others).size() == 10);
}
