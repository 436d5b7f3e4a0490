// gradus pretrain bert as a user runs it: what it leaves behind, resuming bit for bit, refusals;
// and what its objective computes.

#include <doctest/doctest.h>

#include "data/batches.h"
#include "nn/pretrained/bert.h"
#include "tests/train/program.h"
#include "train/bert_report.h"
#include "train/learner.h"
#include "train/masked_objective.h"

using namespace gradus;
using namespace gradus::testing;

namespace {

// Six documents of a few sentences, one per line.
std::string fables() {
  std::string text;
  for (const char* animal : {"fox", "owl", "hen", "dog", "cat", "elk"}) {
    for (const char* act : {"saw the moon", "ate a red plum", "ran to the old barn"}) {
      text += fmt::format("The {} {}.\n", animal, act);
    }
    text += fmt::format("Then the {} slept.\n\n", animal);
  }
  return text;
}

struct BERTPlace {
  TemporaryFolder folder;
  std::string text = folder.file("fables.txt", fables()).string();
  std::string out = (folder.path() / "run").string();

  Arguments pretrain(const Arguments& more = {}) const {
    return Arguments{"pretrain",          "bert", "--data",       text, "--out",    out,
                     "--n-layer",         "1",    "--n-embd",     "16", "--n-head", "2",
                     "--block-size",      "32",   "--batch-size", "4",  "--format", "lines",
                     "--sequence-length", "24",   "--vocab-size", "200"} +
           (more.empty() ? Arguments{"--steps", "6"} : more);
  }
  std::filesystem::path in_run(const std::string& name) const {
    return std::filesystem::path(out) / name;
  }
};

BERTOptions small_options(const std::string& data) {
  BERTOptions o = bert_options_from("tiny");
  o.data = data;
  o.model = {.block_size = 32, .n_layer = 1, .n_head = 2, .n_embd = 16};
  o.sequence_length = 24;
  o.batch_size = 4;
  o.vocab_size = 200;
  o.format = DocumentFormat::lines;
  return o;
}

}  // namespace

TEST_CASE("pretrain bert leaves a model directory with measures beside their baselines") {
  const BERTPlace place;
  const RunResult said =
      run(place.pretrain({"--steps", "20", "--eval-interval", "10", "--sample-interval", "10"}));
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK(said.out == "");
  CHECK(contains(said.err, "MLM "));
  CHECK(contains(said.err, "NSP "));
  CHECK(contains(said.err, "Masked tokens: "));
  const BERTForPreTraining model = load_bert(place.out);
  CHECK(model.predicts_next_sentence());
  CHECK(WordPieceTokenizer::load(place.out).vocab_size() == model.config().vocab_size);
  const auto lines = lines_of(place.in_run("metrics.jsonl"));
  REQUIRE(lines.size() == 20);
  for (const char* key : {"mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy"}) {
    CAPTURE(key);
    CHECK(lines[0].contains(key));
    CHECK(lines[9].contains(std::string("val_") + key));
  }
  CHECK(lines[9].at("val_loss").get<double>() ==
        doctest::Approx(lines[9].at("val_mlm_loss").get<double>() +
                        lines[9].at("val_nsp_loss").get<double>()));
  const std::string page = slurp(place.in_run("report.html"));
  CHECK(contains(page, "What it fills in"));
  CHECK(contains(page, "Next sentences: share judged right"));
  CHECK(contains(page, "[MASK]"));
  CHECK(occurrences(page, "<svg") == 6);
}

TEST_CASE("pretrain bert --dry-run: what the run would cost, and no run") {
  const BERTPlace place;
  const RunResult said = run(place.pretrain({"--steps", "12", "--dry-run"}));
  CAPTURE(said.err);
  CHECK(said.code == 0);
  CHECK(contains(said.out, " MB of them weights, gradients and moments"));
  CHECK(contains(said.out, "run         12 steps: "));
  CHECK_FALSE(std::filesystem::exists(place.out));
}

TEST_CASE("pretrain bert --nsp-weight: what the pairs count beside the masks") {
  const BERTPlace place;
  REQUIRE(
      run(place.pretrain({"--steps", "4", "--nsp-weight", "0.2", "--eval-interval", "4"})).code ==
      0);
  const auto lines = lines_of(place.in_run("metrics.jsonl"));
  const auto sum = [](const nlohmann::json& line, const std::string& prefix) {
    return line.at(prefix + "mlm_loss").get<double>() +
           0.2 * line.at(prefix + "nsp_loss").get<double>();
  };
  for (const auto& line : lines)
    CHECK(line.at("loss").get<double>() == doctest::Approx(sum(line, "")));
  CHECK(lines.back().at("val_loss").get<double>() == doctest::Approx(sum(lines.back(), "val_")));
  const RunResult refused = run(place.pretrain({"--nsp-weight", "0"}));
  CHECK(refused.code == 2);
  CHECK(contains(refused.err, "--nsp-weight 0 must be positive"));
}

TEST_CASE("pretrain bert --short-steps begins on short rows without pairs, as many tokens in all") {
  BERTOptions o = small_options("");
  o.short_steps = 2;
  o.short_length = 8;
  CHECK(o.short_batches().batch_size == 4 * 24 / 8);
  CHECK(o.short_batches().sequence_length == 8);
  const BERTPlace place;
  const Arguments short_ones{"--short-steps", "2", "--short-length", "8"};
  REQUIRE(run(place.pretrain(Arguments{"--steps", "4", "--accumulation", "2"} + short_ones)).code ==
          0);
  const auto lines = lines_of(place.in_run("metrics.jsonl"));
  REQUIRE(lines.size() == 4);
  for (size_t i = 0; i < 4; ++i) CHECK(lines[i].contains("nsp_loss") == (i >= 2));
  const RunResult long_rows = run(place.pretrain({"--short-steps", "2", "--short-length", "25"}));
  CHECK(long_rows.code == 2);
  CHECK(contains(long_rows.err, "--short-length 25 must be from 5 to --sequence-length, 24"));
  const RunResult none_left = run(place.pretrain(Arguments{"--steps", "2"} + short_ones));
  CHECK(none_left.code == 2);
  CHECK(contains(none_left.err, "--short-steps 2 leaves none of the 2 steps for whole rows"));
}

TEST_CASE("the verdict leaves the steps on short rows out") {
  BERTFacts facts{.lines = {.uniform = 7, .baselines = {}, .train_tokens = 1000000},
                  .planned_steps = 400,
                  .tokens_per_step = 100,
                  .short_steps = 200};
  facts.lines.baselines.unigram_loss = 5.5;
  for (int64_t step = 1; step <= 200; ++step) {
    facts.metrics.push_back({.step = step, .loss = 2, .measures = {{"mlm_loss", 2.0}}});
  }
  CHECK(judge_bert(facts).warnings.empty());
  CHECK(contains(judge_bert(facts).learned.at(0), "The first 200 steps read short rows"));
  for (int64_t step = 201; step <= 400; ++step) {  // falls, from a higher place
    const double loss = 4.5 - 0.01 * static_cast<double>(step - 200);
    facts.metrics.push_back(
        {.step = step, .loss = loss, .measures = {{"mlm_loss", loss}, {"mlm_accuracy", 0.3}}});
  }
  for (const std::string& warning : judge_bert(facts).warnings) {
    CAPTURE(warning);
    CHECK_FALSE(contains(warning, "diverging"));
  }
  facts.short_steps = 0;
  CHECK(contains(judge_bert(facts).warnings.at(0), "diverging"));
}

TEST_CASE("pretrain bert: six steps are three and three more, bit for bit") {
  const BERTPlace whole, halves;
  REQUIRE(run(whole.pretrain()).code == 0);
  REQUIRE(run(halves.pretrain({"--steps", "6", "--stop-after", "3"})).code == 0);
  REQUIRE(run({"pretrain", "bert", "--resume", halves.out}).code == 0);
  CHECK(slurp(whole.in_run("model.safetensors")) == slurp(halves.in_run("model.safetensors")));
}

TEST_CASE("pretrain bert: a run that a signal stops is saved, and says how it goes on") {
  const BERTPlace place;
  Process process(place.pretrain({"--steps", "1000000"}));
  REQUIRE(wait_until([&] { return std::filesystem::exists(place.in_run("metrics.jsonl")); }));
  process.send(SIGTERM);
  const RunResult stopped = process.wait();
  CHECK(stopped.code == 143);
  CHECK(contains(stopped.err, "go on with: gradus pretrain bert --resume " + place.out));
  CHECK(run({"pretrain", "bert", "--resume", place.out, "--stop-after", "1"}).code == 0);
}

TEST_CASE("pretrain bert: every setting of a run survives its resumption, bit for bit") {
  const Arguments bert{
      "--steps",           "6",     "--dropout",      "0.1", "--whole-word",       "true",
      "--dynamic-masking", "false", "--duplicates",   "2",   "--mask-probability", "0.3",
      "--bias-correction", "false", "--beta2",        "0.9", "--merge-by",         "likelihood",
      "--lowercase",       "false", "--nsp-weight",   "0.2", "--mask-share",       "0.7",
      "--short-steps",     "4",     "--short-length", "8"};
  const Arguments roberta{
      "--steps", "6", "--dropout", "0.1", "--mode", "roberta", "--activation-checkpointing"};
  for (const Arguments& settings : {bert, roberta}) {
    const BERTPlace whole, halves;
    REQUIRE(run(whole.pretrain(settings)).code == 0);
    REQUIRE(run(halves.pretrain(settings + Arguments{"--stop-after", "3"})).code == 0);
    REQUIRE(run({"pretrain", "bert", "--resume", halves.out}).code == 0);
    CHECK(slurp(whole.in_run("model.safetensors")) == slurp(halves.in_run("model.safetensors")));
  }
}

TEST_CASE("pretrain bert: a warm-up that is given stays, one that is not is a tenth of the steps") {
  const BERTPlace given, usual;
  REQUIRE(run(given.pretrain({"--steps", "4", "--warmup-steps", "300"})).code == 0);
  REQUIRE(run(usual.pretrain({"--steps", "40", "--stop-after", "1"})).code == 0);
  const auto warmup = [](const BERTPlace& place) {
    return nlohmann::json::parse(slurp(place.in_run("training.json"))).at("warmup_steps");
  };
  CHECK(warmup(given) == 300);  // the preset's own number
  CHECK(warmup(usual) == 4);
}

TEST_CASE("params and evaluate describe the model that is there") {
  const BERTPlace place;
  REQUIRE(run(place.pretrain({"--steps", "1", "--mode", "roberta"})).code == 0);
  const RunResult params = run({"params", place.out, "--json"});
  CHECK(nlohmann::json::parse(params.out).at("parameters") ==
        load_bert(place.out).num_parameters());
  const RunResult measured =
      run({"evaluate", "--model", place.out, "--data", place.text, "--json"});
  CAPTURE(measured.err);
  REQUIRE(measured.code == 0);
  const nlohmann::json report = nlohmann::json::parse(measured.out);
  CHECK(report.at("mlm_accuracy") == report.at("masked_accuracy"));  // all behind [MASK]
  CHECK(report.at("unigram_loss") > 0);
  CHECK_FALSE(report.contains("nsp_loss"));
  check_refused(run({"evaluate", "--model", place.out, "--data", place.text, "--split", "val"}), 2,
                "held out");
}

TEST_CASE("evaluate measures a BERT as its run did, and what it loses by an ablation") {
  const BERTPlace place;  // sequences of 24 of the 32 places
  REQUIRE(run(place.pretrain({"--steps", "6"})).code == 0);
  const nlohmann::json last = lines_of(place.in_run("metrics.jsonl")).back();
  const Arguments command{"evaluate", "--model", place.out, "--data", place.text, "--json"};
  const nlohmann::json report = nlohmann::json::parse(run(command).out);
  CHECK(report.at("mlm_loss").get<double>() ==
        doctest::Approx(last.at("val_mlm_loss").get<double>()).epsilon(1e-6));
  const RunResult ablated = run(command + Arguments{"--ablate", "bert.h.0.*=zero"});
  const nlohmann::json without = nlohmann::json::parse(ablated.out);
  CHECK(without.at("mlm_loss_before_ablation") == report.at("mlm_loss"));
  CHECK(without.at("mlm_loss") != report.at("mlm_loss"));
}

TEST_CASE("pretrain bert --mode roberta packs sentences, and predicts none") {
  const BERTPlace place;
  const RunResult said = run(place.pretrain({"--steps", "4", "--mode", "roberta"}));
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK_FALSE(load_bert(place.out).predicts_next_sentence());
  CHECK_FALSE(contains(said.err, "NSP"));
  CHECK_FALSE(contains(slurp(place.in_run("report.html")), "Next sentences"));
}

TEST_CASE("pretrain bert --lowercase false: a cased vocabulary that keeps Vietnamese tone marks") {
  BERTPlace place;
  std::string poem;
  for (const char* line : {"Trăm năm trong cõi người ta", "Chữ tài chữ mệnh khéo là ghét nhau",
                           "Trải qua một cuộc bể dâu", "Những điều trông thấy mà đau đớn lòng"}) {
    for (int i = 0; i < 5; ++i) poem += std::string(line) + ".\n";
    poem += "\n";
  }
  place.text = place.folder.file("kieu.txt", poem).string();
  REQUIRE(run(place.pretrain({"--steps", "1", "--lowercase", "false"})).code == 0);
  const WordPieceTokenizer cased = WordPieceTokenizer::load(place.out);
  const std::string verse = "Trăm năm trong cõi người ta.";
  CHECK(cased.decode(cased.encode(verse)) == verse);

  const std::string second = (place.folder.path() / "second").string();
  Arguments lower = place.pretrain({"--steps", "1", "--keep-accents", "true"});
  *(std::find(lower.begin(), lower.end(), "--out") + 1) = second;
  REQUIRE(run(lower).code == 0);
  const WordPieceTokenizer uncased = WordPieceTokenizer::load(second);
  CHECK(uncased.decode(uncased.encode(verse)) == "trăm năm trong cõi người ta.");
}

TEST_CASE("pretrain bert --init goes on from a model with its vocabulary") {
  const BERTPlace first, second;
  REQUIRE(run(first.pretrain({"--steps", "3"})).code == 0);
  const RunResult said =
      run({"pretrain", "bert", "--data", second.text, "--out", second.out, "--init", first.out,
           "--format", "lines", "--sequence-length", "24", "--batch-size", "4", "--steps", "0"});
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK(slurp(second.in_run("model.safetensors")) == slurp(first.in_run("model.safetensors")));
  CHECK(slurp(second.in_run("vocab.txt")) == slurp(first.in_run("vocab.txt")));
  check_refused(run({"pretrain", "bert", "--data", second.text, "--out", second.out + "2", "--init",
                     first.out, "--sequence-length", "24", "--lowercase", "false"}),
                2, "this run has one already");
}

TEST_CASE("pretrain bert refuses what cannot be learned from") {
  const BERTPlace place;
  const auto with_text = [&](const std::string& text) {
    Arguments arguments = place.pretrain();
    arguments[3] = place.folder.file("other.txt", text).string();
    return run(arguments);
  };
  check_refused(with_text("One sentence.\nAnother sentence.\n"), 1, "has 1 documents");
  check_refused(with_text(" \n\n"), 1, "has 0 documents");
  const auto with = [&](const std::string& option, const std::string& value) {
    Arguments arguments = place.pretrain();
    *(std::find(arguments.begin(), arguments.end(), option) + 1) = value;
    return run(arguments);
  };
  check_refused(with("--sequence-length", "4"), 2, "must be at least 5");
  CHECK_FALSE(std::filesystem::exists(place.out));  // nothing is in the way of the next attempt
  check_refused(with("--n-head", "3"), 2, "n_head = 3 must divide n_embd = 16");
  check_refused(with("--sequence-length", "64"), 2,
                "--sequence-length 64 is more than the 32 positions of the model");
  check_refused(run(place.pretrain({"--steps", "6", "--mask-probability", "1.5"})), 2,
                "--mask-probability 1.5 must be in [0, 1]");
  check_refused(run(place.pretrain({"--steps", "6", "--mask-share", "0.95"})), 2,
                "--mask-share 0.95 must be in [0, 0.9]: --random-share 0.1 leaves no more");
  check_refused(run(place.pretrain({"--steps", "6", "--random-share", "-0.1"})), 2,
                "--random-share -0.1 must be in [0, 1]");
  check_refused(run(place.pretrain({"--steps", "6", "--lr", "nan"})), 2, "--lr");
}

TEST_CASE(
    "the masked objective: micro-batches of unequal targets give the gradients of one batch") {
  const BERTPlace place;
  BERTOptions o = small_options(place.text);
  o.model.dropout = 0;
  const PretrainingCorpus corpus = read_pretraining_corpus(o);
  o.model.vocab_size = corpus.tokenizer.vocab_size();
  const auto gradients = [&](int64_t batch_size, int64_t batches) {
    o.batch_size = batch_size;
    manual_seed(3);
    MaskedObjective objective(o, corpus);
    const Objective::Losses losses = objective.backward(batches);
    std::vector<real> all{static_cast<real>(losses.loss)};
    for (const NamedTensor& p : objective.model().named_parameters()) {
      const std::vector<real> grad = p.tensor.grad().to_vector();
      all.insert(all.end(), grad.begin(), grad.end());
    }
    return all;
  };
  const std::vector<real> whole = gradients(4, 1), parts = gradients(1, 4);
  REQUIRE(whole.size() == parts.size());
  double worst = 0;
  for (size_t i = 0; i < whole.size(); ++i)
    worst = std::max(worst, static_cast<double>(std::abs(whole[i] - parts[i])));
  CHECK(worst < 1e-5);
}

TEST_CASE(
    "the masked objective: what a text repeats is soon known behind masks in documents that were "
    "held out") {
  const BERTPlace place;
  BERTOptions o = small_options(place.text);
  o.model.n_embd = 32;
  const PretrainingCorpus corpus = read_pretraining_corpus(o);
  o.model.vocab_size = corpus.tokenizer.vocab_size();
  o.batch_size = 16;
  manual_seed(3);
  MaskedObjective objective(o, corpus);
  Learner learner(o, objective);
  const double before = objective.validate(objective.validation_batches()).loss;
  for (int64_t step = 0; step < 150; ++step) learner.step(step, real(3e-3));
  const Objective::Losses after = objective.validate(objective.validation_batches());
  CHECK(*find_measure(after.measures, "mlm_accuracy") > 0.4);
  CHECK(after.loss < 0.5 * before);
}

TEST_CASE("held-out targets are all behind [MASK], and the built-in corpus's floors are in order") {
  BERTOptions o = bert_options_from("tiny");
  o.data = builtin_data;
  const PretrainingCorpus corpus = read_pretraining_corpus(o);
  const PretrainingBlocks blocks = corpus.validation(o);
  const MaskedBatch batch = blocks[0];
  for (int64_t i = 0; i < batch.targets.numel(); ++i) {
    if (batch.targets.data()[i] == no_target) continue;
    CHECK(batch.ids.data()[i] == corpus.tokenizer.id("[MASK]"));
  }
  const MaskedLines lines = masked_lines(o, corpus);
  REQUIRE(lines.floor);
  CHECK(lines.floor->story > 0);
  CHECK(lines.floor->story < lines.floor->sentence);
  CHECK(lines.floor->sentence < lines.baselines.unigram_loss);
  CHECK(lines.baselines.unigram_loss < lines.uniform);
}

namespace {

// A run of 1,000 steps with a validation every 100.
BERTFacts bert_facts(double mlm_end, double next_end) {
  BERTFacts facts{.metrics = {},
                  .lines = {.uniform = 7, .baselines = {5, 0.1, 0.5}, .floor = {}},
                  .planned_steps = 1000,
                  .tokens_per_step = 1000};
  facts.lines.train_tokens = 1000000;
  for (int64_t step = 1; step <= 1000; ++step) {
    const double done = static_cast<double>(step) / 1000;
    const double mlm = 7 + (mlm_end - 7) * std::min(1.0, 2 * done);
    const double next = 0.5 + (next_end - 0.5) * done;
    StepMetrics m{.step = step, .loss = mlm, .lr = 1e-3, .grad_norm = 0.5};
    m.measures = {{"mlm_loss", mlm}, {"mlm_accuracy", 0.2}, {"nsp_accuracy", next}};
    if (step % 100 == 0) {
      m.val_loss = mlm;
      m.measures.insert(
          m.measures.end(),
          {{"val_mlm_loss", mlm}, {"val_mlm_accuracy", 0.2}, {"val_nsp_accuracy", next}});
    }
    facts.metrics.push_back(m);
  }
  return facts;
}

bool bert_warns(const BERTFacts& facts, const std::string& words) {
  const Verdict verdict = judge_bert(facts);
  return std::any_of(verdict.warnings.begin(), verdict.warnings.end(),
                     [&](const std::string& w) { return contains(w, words); });
}

}  // namespace

TEST_CASE("the verdict warns when next sentences are solved while masks stall, and only then") {
  CHECK(bert_warns(bert_facts(4.8, 0.99), "Next sentences are solved (99.0 %)"));
  CHECK_FALSE(bert_warns(bert_facts(4.8, 0.8), "Next sentences are solved"));
  BERTFacts falling = bert_facts(2.0, 0.99);
  for (StepMetrics& m : falling.metrics) {
    for (auto& [name, value] : m.measures) {
      if (name == "val_mlm_loss") value = 6 - 4 * static_cast<double>(m.step) / 1000;
    }
  }
  CHECK_FALSE(bert_warns(falling, "Next sentences are solved"));
  CHECK(bert_warns(bert_facts(2.0, 0.51), "no better than by the majority"));
}
