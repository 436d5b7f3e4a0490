// gradus finetune, predict and experiment, as a user runs them.

#include "data/json.h"
#include "data/tokenizer.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt2.h"
#include "program.h"
#include "train/finetune/session.h"
#include "train/signals.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

// A folder with a small BERT of random weights, and a task that it can learn.
struct Lesson {
  TemporaryFolder folder;
  std::string model = at("model"), out = at("out");
  std::string train = table("train.tsv", 24), dev = table("dev.tsv", 8);

  Lesson() {
    std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
                                    "good",  "bad",   "film",  "who",   "anna"};
    const WordPieceTokenizer tokenizer({.tokens = tokens});
    const BERTConfig config{.block_size = 16,
                            .vocab_size = 10,
                            .n_layer = 1,
                            .n_head = 2,
                            .n_embd = 16,
                            .n_inner = 16,
                            .init_std = real(0.2)};
    std::filesystem::create_directories(model);
    save_bert(BERTForPreTraining(config, true), model);
    Tokenizer(tokenizer).save(model);
  }
  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  std::string table(const std::string& name, int rows) const {
    std::string text = "sentence\tlabel\n";
    for (int i = 0; i < rows; ++i) {
      const std::string films(static_cast<size_t>(i % 3), 'f');
      for (size_t k = 0; k < films.size(); ++k) text += "film ";
      text += i % 2 == 0 ? "good\tpositive\n" : "bad\tnegative\n";
    }
    return folder.file(name, text).string();
  }
  Arguments finetune(const Arguments& more = {}, const std::string& steps = "100") const {
    return Arguments{"finetune", "sentiment", "--model",     model,   "--train",
                     train,      "--dev",     dev,           "--out", out,
                     "--lr",     "5e-3",      "--min-steps", steps,   "--quiet"} +
           more;
  }
};

}  // namespace

TEST_CASE("finetune makes a model that predict can use, and says what it is worth") {
  const Lesson lesson;
  const RunResult tuned = run(lesson.finetune({"--test", lesson.dev}));
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  CHECK(contains(tuned.out, "fine-tuned"));
  CHECK(contains(tuned.out, "bag of words, logistic regression"));
  CHECK(contains(tuned.out, "majority class"));
  CHECK(contains(tuned.out, "(columns: predicted)"));
  const json metrics = json::parse(slurp(std::filesystem::path(lesson.out) / "metrics.json"));
  CHECK(metrics["dev"]["accuracy"] == 1);
  CHECK(contains(metrics["notes"].dump(), "dev: the figures are of 8 examples only"));
  CHECK(metrics["test"]["accuracy"] == 1);
  CHECK(metrics["baselines"]["majority class"]["accuracy"] == 0.5);
  CHECK(metrics["labels"] == json{"negative", "positive"});

  const RunResult said = run({"predict", "--model", lesson.out, "--text", "film good", "--json"});
  REQUIRE(said.code == 0);
  const json answer = json::parse(said.out);
  CHECK(answer["label"] == "positive");
  CHECK(answer["probabilities"]["positive"].get<double>() > 0.5);
  const RunResult all = run({"predict", "--model", lesson.out, "--data", lesson.dev, "--json"});
  CHECK(std::count(all.out.begin(), all.out.end(), '\n') == 8);

  check_refused(run(lesson.finetune()), 1, "there is a model in this folder already");
  check_refused(run({"evaluate", "--model", lesson.out, "--data", lesson.dev}), 1,
                "is fine-tuned; its metrics.json says how good it is");
}

TEST_CASE("finetune learns in the precision asked for, and its metrics say which") {
  const Lesson plain, rounded;
  const char* precision = in_double ? "float32" : "bf16-emulated";
  CHECK(run(plain.finetune({}, "10")).code == 0);
  CHECK(run(rounded.finetune({"--precision", precision}, "10")).code == 0);
  const auto metrics = [](const Lesson& lesson) {
    return json::parse(slurp(std::filesystem::path(lesson.out) / "metrics.json"));
  };
  CHECK(metrics(plain)["settings"]["precision"] == "float32");
  CHECK(metrics(rounded)["settings"]["precision"] == precision);
  const auto weights = [](const Lesson& lesson) {
    return slurp(std::filesystem::path(lesson.out) / "model.safetensors");
  };
  CHECK((weights(plain) == weights(rounded)) == in_double);
}

TEST_CASE("finetune: the same command gives the same bits") {
  const Lesson lesson;
  REQUIRE(run(lesson.finetune({}, "10")).code == 0);
  const std::string first = slurp(std::filesystem::path(lesson.out) / "model.safetensors");
  std::filesystem::remove_all(lesson.out);
  REQUIRE(run(lesson.finetune({}, "10")).code == 0);
  CHECK(slurp(std::filesystem::path(lesson.out) / "model.safetensors") == first);
}

TEST_CASE("finetune: a signal before anything was learned leaves no model") {
  const Lesson lesson;
  const pid_t child = fork();
  if (child == 0) {  // a signal stays with its process
    watch_signals();
    raise(SIGTERM);
    SessionOptions o;
    o.model = lesson.model, o.train = lesson.train, o.dev = lesson.dev, o.out = lesson.out;
    o.quiet = true;
    const SessionEnd end = fine_tune_session(o);
    _exit(end == SessionEnd::without_model ? 42 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
  CHECK_FALSE(std::filesystem::exists(lesson.out));
}

TEST_CASE("finetune: several seeds give a mean and a spread, and the best is kept") {
  const Lesson lesson;
  const RunResult tuned = run(lesson.finetune({"--seeds", "3", "--labels", "8", "--json"}, "3"));
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  const json metrics = json::parse(tuned.out);
  REQUIRE(metrics["runs"].size() == 3);
  double sum = 0, best = 0;
  for (const json& one : metrics["runs"]) {
    sum += one["dev"].get<double>();
    best = std::max(best, one["dev"].get<double>());
  }
  CHECK(metrics["mean"].get<double>() == doctest::Approx(sum / 3));
  CHECK(metrics["dev"]["accuracy"].get<double>() == best);
  CHECK(metrics["examples"]["train"] == 8);
}

TEST_CASE("finetune takes probes, random weights and held-out tenths") {
  const Lesson lesson;
  for (const Arguments& kind : {Arguments{"--freeze"}, Arguments{"--scratch"},
                                Arguments{"--freeze", "--pooling", "mean"}}) {
    const RunResult tuned = run(lesson.finetune(kind, "5"));
    CAPTURE(tuned.err);
    CHECK(tuned.code == 0);
    const json config = read_json(std::filesystem::path(lesson.out) / "config.json");
    CHECK((config.contains("gradus") && config["gradus"].value("pooling", "") == "mean") ==
          (kind.size() == 3));
    std::filesystem::remove_all(lesson.out);
  }
  const RunResult held_out =
      run({"finetune", "sentiment", "--model", lesson.model, "--train", lesson.train, "--out",
           lesson.out, "--min-steps", "3", "--json", "--quiet"});
  CAPTURE(held_out.err);
  REQUIRE(held_out.code == 0);
  CHECK(json::parse(held_out.out)["examples"] == json{{"train", 22}, {"dev", 2}, {"test", 0}});
}

TEST_CASE(
    "finetune: dev figures were chosen by dev, and a label may be in the held-out tenth alone") {
  const Lesson lesson;
  const RunResult chosen = run(lesson.finetune({}, "3"));
  REQUIRE(chosen.code == 0);
  CHECK(contains(chosen.out, "chosen by these examples"));
  CHECK_FALSE(contains(chosen.out, "standard error"));
  const json metrics = json::parse(slurp(std::filesystem::path(lesson.out) / "metrics.json"));
  CHECK_FALSE(metrics["dev"].contains("standard_error"));
  std::string rare = "good\t0\n";
  for (int i = 1; i < 6; ++i) rare += "bad film\t" + std::to_string(i) + "\n";
  const RunResult tuned = run({"finetune", "sentiment", "--model", lesson.model, "--train",
                               lesson.folder.file("rare.tsv", rare).string(), "--out",
                               lesson.at("rare"), "--min-steps", "3", "--quiet"});
  CAPTURE(tuned.err);
  CHECK(tuned.code == 0);
}

TEST_CASE("finetune: the first row of a table without header is noted to count") {
  const Lesson lesson;
  const std::string bare = lesson.folder.file("bare.tsv", "good\t1\nbad\t0\n").string();
  const RunResult tuned = run({"finetune", "sentiment", "--model", lesson.model, "--train", bare,
                               "--dev", bare, "--out", lesson.out, "--min-steps", "1", "--json"});
  CAPTURE(tuned.err);
  CHECK(contains(tuned.err, "bare.tsv: no header was recognised"));
}

TEST_CASE("predict reads tables without labels, row by row, and tabs as fine-tuning would") {
  const Lesson lesson;
  REQUIRE(run(lesson.finetune({"--max-length", "4"}, "3")).code == 0);
  const json config = json::parse(slurp(std::filesystem::path(lesson.out) / "config.json"));
  CHECK(config["gradus"] == json{{"max_length", 4}, {"pairs", false}});
  const std::string table =
      lesson.folder.file("test.tsv", "index\tsentence\n0\tgood\n1\tbad\n2\tfilm\n").string();
  const RunResult rows = run({"predict", "--model", lesson.out, "--data", table, "--json"});
  CAPTURE(rows.err);
  REQUIRE(rows.code == 0);
  std::istringstream lines(rows.out);
  for (const char* text : {"good", "bad", "film"}) {
    std::string line;
    std::getline(lines, line);
    CHECK(json::parse(line)["text"] == text);
  }
  const RunResult tab = run({"predict", "--model", lesson.out, "--text", "good\tfilm", "--json"});
  CHECK(json::parse(tab.out)["text"] == "good\tfilm");
  CHECK_FALSE(json::parse(tab.out).contains("second"));
  check_refused(run({"predict", "--model", lesson.out, "--text", "a", "--second", "b"}), 1,
                "single texts");
  const RunResult cut = run({"predict", "--model", lesson.out, "--text", "good film bad"});
  CHECK(contains(cut.err, "its last 1 tokens were cut"));
}

TEST_CASE("finetune ner and qa, and predict after them") {
  const Lesson lesson;
  const std::string words =
      lesson.folder.file("words.conll", "anna B-PER\nfilm O\n\nfilm O\nanna B-PER\n").string();
  const RunResult tagged =
      run({"finetune", "ner", "--model", lesson.model, "--train", words, "--dev", words, "--out",
           lesson.at("ner"), "--lr", "5e-3", "--min-steps", "100", "--quiet"});
  CAPTURE(tagged.err);
  REQUIRE(tagged.code == 0);
  CHECK(contains(tagged.out, "most frequent tag"));
  CHECK(contains(tagged.out, "processed 4 tokens with 2 phrases"));
  const RunResult tags =
      run({"predict", "--model", lesson.at("ner"), "--text", "Film anna", "--json"});
  CHECK(json::parse(tags.out)["tags"] == json{"O", "B-PER"});

  const std::string questions =
      lesson.folder
          .file("qa.json",
                R"({"data": [{"title": "t", "paragraphs": [{"context": "good anna film", "qas":
                [{"id": "1", "question": "who", "answers": [{"text": "anna", "answer_start": 5}]}]}]}]})")
          .string();
  const RunResult asked =
      run({"finetune", "qa", "--model", lesson.model, "--train", questions, "--dev", questions,
           "--out", lesson.at("qa"), "--lr", "5e-3", "--min-steps", "100", "--quiet"});
  CAPTURE(asked.err);
  REQUIRE(asked.code == 0);
  CHECK(contains(asked.out, "most similar sentence"));
  const RunResult answer = run({"predict", "--model", lesson.at("qa"), "--question", "who",
                                "--context", "good anna film", "--json"});
  CHECK(json::parse(answer.out)["answer"] == "anna");
  const Arguments tagger{"predict", "--model", lesson.at("ner")};
  check_refused(run(tagger + Arguments{"--text", ""}), 1, "the text is empty");
  check_refused(run(tagger + Arguments{"--text", "anna", "--second", "film"}), 1,
                "no use for --second");
  check_refused(run(tagger + Arguments{"--question", "who", "--context", "anna"}), 1,
                "no use for --context");
  check_refused(run(tagger + Arguments{"--data", words, "--context", "anna"}), 1,
                "no use for --context");
}

TEST_CASE("what finetune and predict cannot do, they refuse in a sentence") {
  const Lesson lesson;
  check_refused(run({"predict", "--model", lesson.model, "--text", "good"}), 1,
                "has no head for a task");
  check_refused(run(lesson.finetune({"--max-length", "17"})), 1, "16 positions");
  CHECK(run(lesson.finetune({"--lr", "-1"})).code == 2);
  CHECK(run(lesson.finetune({"--layer-decay", "0"})).code == 2);
  const std::string unknown =
      lesson.folder.file("unknown.tsv", "sentence\tlabel\ngood\tpositive\nbad\tawful\n").string();
  const RunResult outcome = run({"finetune", "sentiment", "--model", lesson.model, "--train",
                                 lesson.train, "--dev", unknown, "--out", lesson.out});
  check_refused(outcome, 1, "unknown.tsv:3");
  const std::string pairs =
      lesson.folder.file("pairs.tsv", "sentence1\tsentence2\tlabel\na\tb\t1\nc\td\t0\n").string();
  check_refused(run({"finetune", "sentiment", "--model", lesson.model, "--train", pairs, "--out",
                     lesson.out}),
                1, "gradus finetune pairs");
}

TEST_CASE("experiment label-curve keeps what it has measured") {
  const Lesson lesson;
  const Arguments measure{
      "experiment", "label-curve", "--model", lesson.model, "--train", lesson.table("many.tsv", 60),
      "--dev",      lesson.dev,    "--out",   lesson.out,   "--quick", "--quiet"};
  const RunResult first = run(measure);
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  CHECK(contains(first.out, "logistic regression"));
  CHECK(contains(first.out, "points"));
  const std::filesystem::path out = lesson.out;
  json results = json::parse(slurp(out / "results.json"));
  REQUIRE(results["cells"].size() == 4);  // 30 labels, four methods
  CHECK(contains(slurp(out / "report.html"), "<svg"));

  // A result that is there is not measured again.
  results["cells"]["scratch/30/0"]["accuracy"] = 0.125;
  lesson.folder.file("out/results.json", results.dump());
  const RunResult second = run(measure);
  REQUIRE(second.code == 0);
  CHECK(contains(second.out, "0.1250"));
  CHECK(contains(run({"experiment", "list"}).out, "label-curve"));

  // Other examples under the same name are another measurement.
  lesson.folder.file(
      "dev.tsv", "sentence\tlabel\n" + [] {
        std::string rows;
        for (int i = 0; i < 4; ++i) rows += "bad film\tpositive\ngood film\tnegative\n";
        return rows;
      }());
  check_refused(run(measure), 1, "other settings");
}

TEST_CASE("experiment label-curve: few rows are all measured, also quickly") {
  const Lesson lesson;
  const RunResult few =
      run({"experiment", "label-curve", "--model", lesson.model, "--train", lesson.train, "--dev",
           lesson.dev, "--out", lesson.out, "--quick", "--quiet"});
  CAPTURE(few.err);
  REQUIRE(few.code == 0);
  const json results = json::parse(slurp(std::filesystem::path(lesson.out) / "results.json"));
  CHECK(results["cells"].size() == 4);
  CHECK(results["cells"].contains("scratch/24/0"));
}
