#include "train/report.h"

#include <doctest/doctest.h>

#include "tests/train/program.h"
#include "train/metrics.h"

using namespace gradus;
using namespace gradus::testing;

TEST_CASE("report: a run draws itself, and draws itself again on request") {
  Workplace place;
  place.text = place.folder.file("tags.txt", "<b>one & two</b>\n" + std::string(verses)).string();
  place.out = (place.folder.path() / "my <run>").string();
  const RunResult trained =
      run(place.pretrain({"--steps", "20", "--eval-interval", "10", "--sample-interval", "10"}));
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  const std::filesystem::path file = place.in_run("report.html");
  const std::string html = slurp(file);
  CHECK(contains(html, "<h1>my &lt;run&gt;</h1>"));
  CHECK(contains(html, "guessing, ln V 3."));
  CHECK(contains(html, "after 10 steps"));
  CHECK(contains(html, "after 20 steps"));
  CHECK(contains(html, "Is this loss normal?"));
  CHECK(occurrences(html, "<svg") == 4);
  CHECK_FALSE(contains(html, "http"));  // no network
  CHECK_FALSE(contains(html, "<b>"));   // what the model writes is text, not HTML
  std::filesystem::remove(file);
  const RunResult drawn = run({"report", place.out});
  CHECK(drawn.code == 0);
  CHECK(drawn.out == file.string() + "\n");
  CHECK(slurp(file) == html);
}

TEST_CASE("report: a folder without a run") {
  const TemporaryFolder folder;
  const RunResult drawn = run({"report", folder.path().string()});
  CHECK(drawn.code == 1);
  CHECK(drawn.err == "gradus: " + folder.path().string() + ": there is no run in this folder\n");
}

TEST_CASE("metrics: what is written is read, and a torn line is left out") {
  const TemporaryFolder folder;
  const StepMetrics m{.step = 3,
                      .loss = 2.5,
                      .lr = 1e-3,
                      .grad_norm = 0.25,
                      .tokens_per_second = 1000,
                      .val_loss = 2.75};
  folder.file("metrics.jsonl", to_json_line(m) + "\n{\"step\": 4, \"lo\n[1]\n" +
                                   to_json_line({.step = 5, .loss = 2}) + "\n");
  const auto all = read_metrics(folder.path() / "metrics.jsonl");
  REQUIRE(all.size() == 2);
  CHECK(all[0].loss == 2.5);
  CHECK(all[0].val_loss == 2.75);
  CHECK(all[0].grad_norm == 0.25);
  CHECK(all[1].step == 5);
  CHECK_FALSE(all[1].val_loss.has_value());
}

TEST_CASE("pretrain: the terminal says at the end what the report says, over-fitting as well") {
  const Workplace w;
  const Arguments by_heart{"--steps",        "700", "--eval-interval",   "100", "--lr", "1e-2",
                           "--warmup-steps", "10",  "--sample-interval", "700"};
  const RunResult said = run(w.pretrain(by_heart));
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK(contains(said.err, "warning: The validation loss has risen from its best"));
  CHECK(contains(said.err, "learns the text by heart"));
  CHECK(contains(said.err, "nats per token"));
  CHECK(said.out == "");
  const Workplace silent;
  CHECK(run(silent.pretrain({"--steps", "2", "--quiet"})).err == "");
}
