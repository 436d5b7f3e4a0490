// gradus distill as a user runs it.

#include <doctest/doctest.h>

#include "data/tokenizer.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/gpt2.h"
#include "nn/pretrained/task_model.h"
#include "tests/data/pretraining_support.h"
#include "tests/support.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr BERTConfig small_teacher{
    .block_size = 16, .vocab_size = 25, .n_layer = 3, .n_head = 2, .n_embd = 8};

// A teacher that has learned nothing, a text of letters, and the arguments of a short run.
struct DistillPlace {
  TemporaryFolder folder;
  std::string teacher = folder.path() / "teacher", out = folder.path() / "student";
  std::string text;

  DistillPlace() {
    fs::create_directory(teacher);
    manual_seed(1);
    save_bert(BERTForPreTraining(small_teacher, true), teacher);
    letter_tokenizer().save(teacher);
    std::string lines;
    for (const Document& document : random_documents(12, 3)) {
      for (const std::string& sentence : document) lines += sentence + "\n";
      lines += "\n";
    }
    text = folder.file("text.txt", lines).string();
  }
  Arguments distill(const Arguments& more = {}) const {
    return Arguments{"distill", "--teacher", teacher,   "--data",       text,
                     "--out",   out,         "--quiet", "--batch-size", "4"} +
           more;
  }
};

}  // namespace

TEST_CASE("distill makes a student of half the layers, a BERT for masked tokens, and compares") {
  const DistillPlace place;
  const RunResult outcome = run(place.distill({"--steps", "4"}));
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(contains(outcome.out, "of them in the layers"));
  CHECK(contains(outcome.out, "times as fast"));
  const BERTForPreTraining student = load_bert(place.out);
  CHECK(student.config().n_layer == 2);
  CHECK_FALSE(student.predicts_next_sentence());
  const json config = json::parse(slurp(fs::path(place.out) / "config.json"));
  CHECK(config.at("architectures") == json{"BertForMaskedLM"});
  const std::vector<json> metrics = lines_of(fs::path(place.out) / "metrics.jsonl");
  REQUIRE(metrics.size() == 4);
  for (const char* name : {"kl", "mlm_loss", "cosine_loss", "val_agreement", "val_mlm_accuracy"}) {
    CHECK(metrics.back().contains(name));
  }
  CHECK(contains(slurp(fs::path(place.out) / "report.html"), "</html>"));
}

TEST_CASE("a student of no steps is the chosen layers of its teacher") {
  const DistillPlace place;
  REQUIRE(run(place.distill({"--steps", "0", "--layers", "1"})).code == 0);
  const BERTForPreTraining student = load_bert(place.out), teacher = load_bert(place.teacher);
  for (const NamedTensor& p : student.named_parameters()) {
    CHECK(bit_difference(p.tensor, teacher.find(p.name)) == "");
  }
}

TEST_CASE("distill --dry-run: what the run would cost, and no run") {
  const DistillPlace place;
  const RunResult said = run(place.distill({"--steps", "4", "--dry-run"}));
  CAPTURE(said.err);
  CHECK(said.code == 0);
  CHECK(contains(said.out, "model       2 layers, 2 heads, 8 wide"));
  CHECK_FALSE(fs::exists(place.out));
}

TEST_CASE("a distillation resumes to the bits of an unbroken one") {
  const DistillPlace whole, broken;
  CHECK(run(whole.distill({"--steps", "6"})).code == 0);
  CHECK(run(broken.distill({"--steps", "6", "--stop-after", "2"})).code == 0);
  CHECK(run({"distill", "--resume", broken.out, "--quiet"}).code == 0);
  CHECK((slurp(fs::path(whole.out) / "model.safetensors") ==
         slurp(fs::path(broken.out) / "model.safetensors")));
}

TEST_CASE("a distillation that a signal stops is saved, and says how it goes on") {
  const DistillPlace place;
  Process process(place.distill({"--steps", "1000000"}));
  REQUIRE(wait_until([&] { return fs::exists(fs::path(place.out) / "metrics.jsonl"); }));
  process.send(SIGTERM);
  const RunResult stopped = process.wait();
  CHECK(stopped.code == 143);
  CHECK(contains(stopped.err, "go on with: gradus distill --resume " + place.out));
  CHECK(run({"distill", "--resume", place.out, "--stop-after", "1", "--quiet"}).code == 0);
}

TEST_CASE("distill: what does not serve is refused in a sentence, and nothing is made") {
  const DistillPlace place;
  const auto refused = [&](const Arguments& arguments, int code, const std::string& part) {
    check_refused(run(arguments), code, part);
    CHECK_FALSE(fs::exists(place.out));
  };
  const auto from = [&](const std::string& teacher, const std::string& text) {
    return Arguments{"distill", "--teacher", teacher, "--data", text, "--out", place.out};
  };
  refused({"distill", "--data", place.text, "--out", place.out}, 2, "--teacher");
  refused(place.distill({"--layers", "4"}), 2, "a student of 4 layers must have between 1 and");
  refused(place.distill({"--temperature", "0"}), 2, "--temperature 0 must be positive");
  refused(place.distill({"--alpha-kl", "-1"}), 2, "--alpha-kl -1 must be finite");
  refused(place.distill({"--sequence-length", "17"}), 2, "--sequence-length 17 is more than");
  refused(from("/nonexistent", place.text), 1, "config.json");
  refused(from(place.teacher, "/nonexistent"), 1, "/nonexistent");
  refused(from(place.teacher, place.folder.file("empty.txt", "").string()), 1, "no text");
  check_refused(run({"distill", "--resume", place.out, "--lr", "1"}), 2, "--resume");

  const TemporaryFolder gpt, head, bare;
  save_gpt2(GPT({.block_size = 8, .vocab_size = 25, .n_layer = 1, .n_head = 2, .n_embd = 8}),
            gpt.path());
  refused(from(gpt.path(), place.text), 1, "only a BERT can be distilled");
  save_task_model(TaskModel(small_teacher, {.labels = {"x", "y"}}), head.path());
  refused(from(head.path(), place.text), 1, "no head for masked tokens");
  save_bert(BERTForPreTraining(small_teacher, true), bare.path());
  refused(from(bare.path(), place.text), 1, "vocab.txt");
}
