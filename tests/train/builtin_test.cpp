// The built-in corpus as something to train on.

#include <doctest/doctest.h>

#include <cmath>

#include "data/bpe_train.h"
#include "data/stories/corpus.h"
#include "tests/train/program.h"
#include "train/training_corpus.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("builtin: every story fits a row of 64, and the floor is the stories' own information") {
  const TrainingCorpus corpus =
      builtin_corpus([](std::string_view text) { return Tokenizer(train_words(text, 4096)); });
  REQUIRE(corpus.separator.has_value());
  REQUIRE(corpus.floor.has_value());
  std::vector<int32_t> ids(corpus.val.size());
  corpus.val.copy(0, ids);

  int64_t stories_seen = 0;
  double nats = 0;
  size_t start = 1;
  for (size_t i = 1; i < ids.size(); ++i) {
    if (ids[i] != *corpus.separator) continue;
    const std::string text = corpus.tokenizer.decode(std::span(ids).subspan(start, i - start));
    CHECK(i - start + 1 <= 64);  // its tokens and the separator before it
    const auto story = stories::parse(stories::builtin(), text);
    REQUIRE(story.has_value());
    nats += story->nats;
    ++stories_seen;
    start = i + 1;
  }
  CHECK(stories_seen == 2000);
  CHECK(*corpus.floor == doctest::Approx(nats / static_cast<double>(ids.size() - 1)));
}

TEST_CASE("builtin: the program trains on it, knows its floor and tells a story") {
  Workplace place;
  const RunResult trained =
      run({"pretrain", "gpt", "--data", "builtin", "--out", place.out, "--steps", "4", "--n-layer",
           "1", "--n-embd", "16", "--n-head", "2", "--eval-batches", "2"});
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(contains(slurp(place.in_run("report.html")), "floor of the text 0."));

  const RunResult measured =
      run({"evaluate", "--model", place.out, "--data", "builtin", "--split", "val", "--json"});
  CAPTURE(measured.err);
  REQUIRE(measured.code == 0);
  const auto report = nlohmann::json::parse(measured.out);
  CHECK(report.at("loss") > report.at("floor"));

  const RunResult told = run({"generate", "--model", place.out, "--prompt", "Ada",
                              "--max-new-tokens", "20", "--seed", "3"});
  CAPTURE(told.err);
  CHECK(told.code == 0);
  CHECK(told.out.starts_with("Ada"));
  CHECK_FALSE(contains(told.out, "<|endoftext|>"));
}

TEST_CASE("demo: introduces, trains, explains and tells") {
  Workplace place;
  const RunResult shown = run({"demo", "--out", place.out, "--steps", "2"});
  CAPTURE(shown.err);
  REQUIRE(shown.code == 0);
  CHECK(contains(shown.out, "the floor; the model is "));
  CHECK(contains(shown.out, "Of 50 stories it wrote,"));
  CHECK(contains(shown.out, "report.html"));
  CHECK(contains(shown.out, "most frequent tag"));
  CHECK(contains(shown.out, "For instance:"));
  const RunResult asked =
      run({"predict", "--model", place.out + "-bert-names", "--text", "\tAda lost her kite"});
  CAPTURE(asked.err);
  CHECK(asked.code == 0);
  CHECK(contains(asked.out, "lost"));
  CHECK_FALSE(contains(shown.out, "Your turn"));  // standard input is no terminal
}
