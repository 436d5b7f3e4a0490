// What is said to somebody who gives a run or a model of another kind, or misspells a subcommand.

#include "train/model_kind.h"

#include <doctest/doctest.h>

#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

// Folders with as little as tells what they hold.
struct Kinds {
  TemporaryFolder folder;
  std::string text = folder.file("text.txt", verses).string();
  std::string pairs = folder.file("pairs.tsv", "source\ttarget\na\tb\n").string();
  std::string out = at("out");

  Kinds() {
    add("gpt", "gpt2", json::object());
    add("bert", "bert", {{"sequence_length", 8}});
    add("student", "bert", {{"sequence_length", 8}, {"distillation", json::object()}});
    add("t5", "t5", {{"task", "span-corruption"}});
    add("tuned", "t5", {{"task", "pairs"}});
  }
  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  void add(const std::string& name, const char* type, const json& settings) const {
    std::filesystem::create_directory(at(name));
    folder.file(name + "/config.json", json{{"model_type", type}}.dump());
    folder.file(name + "/training.json", settings.dump());
  }
};

}  // namespace

TEST_CASE("a run of another kind is not resumed, and the command that goes on with it is named") {
  const Kinds kinds;
  const std::vector<std::pair<std::string, Arguments>> commands{{"gpt", {"pretrain", "gpt"}},
                                                                {"bert", {"pretrain", "bert"}},
                                                                {"student", {"distill"}},
                                                                {"t5", {"pretrain", "seq2seq"}},
                                                                {"tuned", {"finetune", "seq2seq"}}};
  for (const auto& asked : commands) {
    for (const auto& given : commands) {
      if (given.first == asked.first) continue;
      const Arguments& own = given.second;
      const std::string name = own.size() == 1 ? own[0] : own[0] + " " + own[1];
      CAPTURE(asked.first);
      CAPTURE(given.first);
      check_refused(run(asked.second + Arguments{"--resume", kinds.at(given.first)}), 1,
                    given.first + ": this run goes on with gradus " + name + " --resume");
    }
  }
}

TEST_CASE("a model of another kind is refused, and the kind that is needed is named") {
  const Kinds kinds;
  const auto refused = [&](const Arguments& arguments, const std::string& sentence) {
    CAPTURE(sentence);
    check_refused(run(arguments), 1, sentence);
  };
  const std::string t5 = kinds.at("t5"), gpt = kinds.at("gpt"), bert = kinds.at("bert");
  const std::string &text = kinds.text, &out = kinds.out;
  refused({"finetune", "sentiment", "--model", t5, "--train", text, "--out", out},
          "finetune sentiment: " + t5 + " holds an encoder-decoder, and a BERT or a GPT is needed");
  refused({"finetune", "seq2seq", "--model", gpt, "--train", kinds.pairs, "--out", out},
          "holds a GPT, and an encoder-decoder is needed");
  refused({"pretrain", "gpt", "--init", bert, "--data", text, "--out", out},
          "holds a BERT, and a GPT is needed");
  refused({"pretrain", "bert", "--init", t5, "--data", text, "--out", out},
          "holds an encoder-decoder, and a BERT is needed");
  refused({"pretrain", "seq2seq", "--init", gpt, "--data", text, "--out", out},
          "holds a GPT, and an encoder-decoder is needed");
  refused({"generate", "--model", t5}, "generate: " + t5 + " holds an encoder-decoder");
  refused({"embed", "--model", t5, "--text", "a"}, "embed: " + t5);
  refused({"audit", "--model", bert}, "holds a BERT, and a GPT is needed");
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("a subcommand that there is not: names that are near, and where all of them stand") {
  const auto said = [](const Arguments& arguments) {
    const RunResult outcome = run(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out == "");
    return outcome.err;
  };
  CHECK(said({"pretran", "gpt"}) ==
        "gradus: there is no 'pretran', but pretrain; gradus --help shows what there is\n");
  CHECK(
      said({"pretrain", "gtp", "--data", "x"}) ==
      "gradus pretrain: there is no 'gtp', but gpt; gradus pretrain --help shows what there is\n");
  CHECK(contains(said({"pretrain", "--steps", "5"}), "subcommand"));  // 5 is no misspelt gpt
  CHECK(contains(said({"--thread", "2"}), "subcommand"));
  CHECK(said({"finetune", "sentimnt"}).starts_with("gradus finetune: there is no 'sentimnt'"));
  CHECK(said({"experiment", "nonsense"}) ==
        "gradus experiment: there is no 'nonsense'; gradus experiment list shows what there is\n");
  CHECK(contains(said({"experiment", "norm"}), "but norm-kind, norm-placement;"));
  CHECK(contains(said({"pretrain"}), "A subcommand is required"));
}
