// Runs that know their cost beforehand, keep to a time, or begin from a model.

#include <doctest/doctest.h>

#include <cmath>

#include "nn/pretrained/gpt2.h"
#include "tests/train/program.h"
#include "train/causal_objective.h"
#include "train/learner.h"
#include "train/plan.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

TrainingOptions tiny_options() {
  TrainingOptions options;
  options.model = {.block_size = 8, .vocab_size = 30, .n_layer = 1, .n_head = 2, .n_embd = 16};
  return options;
}

TrainingCorpus squares() {
  std::vector<int32_t> ids(100);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i * i % 30);
  return {Tokenizer(CharTokenizer::train("ab")), ids, ids, 0};
}

}  // namespace

TEST_CASE("pretrain --dry-run: what the run would cost, and no run") {
  const Workplace w;
  const RunResult said = run(w.pretrain({"--dry-run"}));
  CAPTURE(said.err);
  CHECK(said.code == 0);
  for (const char* part : {"1 layers, 2 heads, 16 wide, 8 tokens of context", "parameters  ",
                           " MB of them weights, gradients and moments",
                           "for 32 tokens: ", "run         2000 steps: "}) {
    CAPTURE(part);
    CHECK(contains(said.out, part));
  }
  CHECK_FALSE(std::filesystem::exists(w.out));
}

TEST_CASE("try_out counts what the learner has: parameters, their state, tokens") {
  TrainingOptions options = tiny_options();
  options.batch_size = 3;
  options.accumulation = 2;
  const Trial trial = try_out(options, squares(), 0);
  const GPT model(options.model);
  CHECK(trial.parameters == model.num_parameters());
  CHECK(trial.tokens_per_step == 3 * 2 * 8);
  CHECK(trial.state_bytes == 4.0 * sizeof(real) * static_cast<double>(model.num_parameters()));
  CHECK(trial.peak_bytes > trial.state_bytes);
  CHECK(trial.steps == 5);
  CHECK(trial.tokens == 5 * 48);
  CHECK(trial.seconds_per_step > 0);
  CHECK(trial.loss ==
        doctest::Approx(std::log(30.0)).epsilon(0.03));  // it has learned next to nothing
}

TEST_CASE("pretrain --minutes: ends in time, the learning rate at its lowest") {
  const Workplace w;
  const auto start = std::chrono::steady_clock::now();
  const RunResult trained = run({"pretrain", "gpt", "--data", w.text, "--out", w.out, "--minutes",
                                 "0.1", "--block-size", "8"});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(taken.count() > 3);  // of 6 seconds; the upper limit is generous, machines are shared
  CHECK(taken.count() < 30);
  const auto settings = nlohmann::json::parse(slurp(w.in_run("training.json")));
  const auto metrics = lines_of(w.in_run("metrics.jsonl"));
  CHECK(settings.at("steps") == metrics.back().at("step"));
  const std::string html = slurp(w.in_run("report.html"));  // "; 1,234 of 1,234 steps of "
  const size_t end = html.find(" steps of "), middle = html.rfind(" of ", end - 1);
  CHECK(html.substr(middle + 4, end - middle - 4) ==
        html.substr(html.rfind("; ", middle) + 2, middle - html.rfind("; ", middle) - 2));
  CHECK(metrics.back().contains("val_loss"));
  CHECK(metrics.back().at("lr").get<double>() <
        1.5 * settings.at("min_lr").get<double>());  // the schedule ended where the run did
}

TEST_CASE("choose_shape: more time, a larger model; more text, a larger model") {
  const std::vector<int64_t> parameters{100, 1000, 10000};
  const auto chosen = [&](double seconds, double corpus_tokens) {
    return choose_shape(parameters, seconds, 1e-6, corpus_tokens);
  };
  // 3 tokens for each of n parameters take 3 n² products of a microsecond: 3 s for 1,000.
  CHECK(chosen(2.9, 1e9) == 0);
  CHECK(chosen(3.1, 1e9) == 1);
  CHECK(chosen(299, 1e9) == 1);
  CHECK(chosen(301, 1e9) == 2);
  // 10,000 parameters want a text of 3,334 tokens.
  CHECK(chosen(301, 3300) == 1);
  CHECK(chosen(301, 3400) == 2);
  CHECK(chosen(301, 10) == 0);
}

TEST_CASE("extrapolate: a power law through the trial") {
  const Trial trial{.tokens = 1000, .loss = 2.5};
  CHECK(extrapolate(trial, 1000, {}) == doctest::Approx(2.5));
  CHECK(extrapolate(trial, 16000, {}) == doctest::Approx(2.5 * std::pow(16, -0.115)));
  CHECK(extrapolate(trial, 1000, 0.5) == doctest::Approx(2.5));
  CHECK(extrapolate(trial, 1e12, 0.5) == doctest::Approx(0.5));
}

TEST_CASE("a plan says no loss to expect where its trial hardly came out of the warm-up") {
  CHECK_FALSE(Trial{.steps = 59}.tells_loss());
  CHECK(Trial{.steps = 60}.tells_loss());
  const TrainingOptions options = tiny_options();
  const Plan plan = plan_for(5, std::span(&options, 1), squares());
  CHECK(plan.expected_loss.has_value() == plan.trial.tells_loss());
  CHECK(contains(to_text(plan), "is to be expected") == plan.trial.tells_loss());
}

TEST_CASE("a plan refuses a time in which the shape cannot take ten steps") {
  const Trial trial{.seconds_per_step = 0.5};
  CHECK(steps_left(5.1, trial) == 10);
  CHECK_THROWS_WITH_AS(steps_left(4.9, trial),
                       "pretrain: a step takes 0.5 s, and after measuring it there is time for 9; "
                       "take a smaller shape or more time",
                       ValueError);
  const TrainingOptions options = tiny_options();
  CHECK_THROWS_AS(plan_for(0, std::span(&options, 1), squares()), ValueError);
}

TEST_CASE("over: another number of steps, the decay in proportion, however often") {
  TrainingOptions planned;
  planned.steps = 1000;
  planned.schedule.decay_start = 600;
  TrainingOptions now = planned;
  for (int64_t steps = 1000; steps <= 1100; ++steps) now = planned.over(steps);
  CHECK(now.steps == 1100);
  CHECK(now.schedule.decay_steps == 1100);
  CHECK(now.schedule.decay_start == 660);
  CHECK(now.eval_interval == planned.eval_interval);
}

TEST_CASE(
    "pretrain --minutes: a shape that the machine cannot hold is refused before it is tried") {
  const Workplace w;
  check_refused(
      run({"pretrain", "gpt", "--data", w.text, "--out", w.out, "--minutes", "1", "--preset",
           "nano", "--n-embd", "65536", "--n-layer", "100", "--block-size", "8"}),
      1, "the machine has");
  CHECK_FALSE(std::filesystem::exists(w.out));
}

TEST_CASE("pretrain --init: begins with the weights and the tokenizer of a model") {
  const Workplace w;
  REQUIRE(run(w.pretrain()).code == 0);
  const std::string next = (w.folder.path() / "next").string();
  const Arguments from_it{"pretrain", "gpt", "--init", w.out, "--data", w.text, "--out", next};
  SUBCASE("unchanged where there are no steps") {
    const RunResult untrained = run(from_it + Arguments{"--steps", "0"});
    CAPTURE(untrained.err);
    REQUIRE(untrained.code == 0);
    CHECK(slurp(w.in_run("model.safetensors")) ==
          slurp(std::filesystem::path(next) / "model.safetensors"));
    CHECK(slurp(w.in_run("char_vocab.json")) ==
          slurp(std::filesystem::path(next) / "char_vocab.json"));
  }
  SUBCASE("with a shorter context it keeps the first positions") {
    REQUIRE(run(from_it + Arguments{"--steps", "0", "--block-size", "4"}).code == 0);
    const GPT whole = load_gpt2(w.out), cut = load_gpt2(next);
    CHECK(cut.wpe->weight->shape() == Shape{4, 16});
    CHECK(cut.wpe->weight->to_vector() == whole.wpe->weight->narrow(0, 0, 4).to_vector());
    CHECK(cut.wte.weight->to_vector() == whole.wte.weight->to_vector());
  }
  SUBCASE("a folder that is called like a kind of tokenizer is still a folder") {
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(w.folder.path());
    std::filesystem::rename(w.out, "word");
    const RunResult outcome =
        run({"pretrain", "gpt", "--init", "word", "--data", w.text, "--out", next, "--steps", "0"});
    std::filesystem::current_path(before);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    CHECK(std::filesystem::exists(std::filesystem::path(next) / "char_vocab.json"));
  }
  SUBCASE("killed before its first checkpoint, it begins with them again") {
    REQUIRE(run(from_it + Arguments{"--steps", "3"}).code == 0);
    const std::string trained = slurp(std::filesystem::path(next) / "model.safetensors");
    std::filesystem::remove_all(std::filesystem::path(next) / "checkpoints");
    std::filesystem::remove(std::filesystem::path(next) / "model.safetensors");
    REQUIRE(run({"pretrain", "gpt", "--resume", next}).code == 0);
    CHECK(slurp(std::filesystem::path(next) / "model.safetensors") == trained);
  }
  SUBCASE("another shape or tokenizer is refused") {
    check_refused(run(from_it + Arguments{"--n-layer", "2"}), 2, "--init decides the shape");
    check_refused(run(from_it + Arguments{"--block-size", "9"}), 2, "more than the 8");
    check_refused(run(from_it + Arguments{"--tokenizer", "bpe"}), 2, "--init brings its tokenizer");
    check_refused(run(from_it + Arguments{"--preset", "nano"}), 2, "--preset excludes --init");
  }
}

TEST_CASE("settings that contradict each other are refused") {
  const Workplace w;
  check_refused(run(w.pretrain({"--minutes", "1", "--steps", "3"})), 2,
                "--minutes excludes --steps");
  check_refused(run(w.pretrain({"--minutes", "-1"})), 2, "--minutes");
  check_refused(run(w.pretrain({"--minutes", "nan"})), 2, "nan is not a number from 0.1");
  check_refused(run(w.pretrain({"--steps", "5", "--decay-start", "6"})), 2, "must be in [0, 5]");
  REQUIRE(run(w.pretrain()).code == 0);
  check_refused(run({"pretrain", "gpt", "--data", w.text, "--out", w.out, "--minutes", "9"}), 1,
                "there is a run in this folder already");
  check_refused(
      run({"pretrain", "gpt", "--data", "builtin", "--tokenizer", "char", "--out", w.out}), 2,
      "needs word or bpe");
}

TEST_CASE("accumulation: two micro-batches of unequal targets are one batch of both") {
  // Documents of 2 and of 7 tokens, each with a row of its own.
  std::vector<int32_t> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(0);
    for (int k = 0; k < (i % 2 == 0 ? 2 : 7); ++k) ids.push_back(1 + (3 * i + 5 * k) % 20);
  }
  ids.push_back(0);
  const TrainingCorpus corpus{Tokenizer(CharTokenizer::train("ab")), ids, ids, 0, 0};
  TrainingOptions options;
  options.model = {.block_size = 8, .vocab_size = 21, .n_layer = 1, .n_head = 2, .n_embd = 16};
  const auto weights_after_a_step = [&](int64_t batch_size, int64_t accumulation) {
    options.batch_size = batch_size;
    options.accumulation = accumulation;
    manual_seed(5);
    CausalObjective objective(options, corpus);
    Learner learner(options, objective);
    const Learner::Step step = learner.step(0, real(1e-3));
    std::vector<real> result = objective.model().find("h.0.mlp.c_fc.weight").to_vector();
    result.push_back(static_cast<real>(step.loss));
    result.push_back(static_cast<real>(step.grad_norm));
    return result;
  };
  const std::vector<real> whole = weights_after_a_step(4, 1), parts = weights_after_a_step(1, 4);
  REQUIRE(whole.size() == parts.size());
  for (size_t i = 0; i < whole.size(); ++i)
    CHECK(parts[i] == doctest::Approx(whole[i]).epsilon(1e-4));
}
