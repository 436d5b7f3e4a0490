// Encoder-decoders as a user trains and asks them: pretrain, finetune, predict, evaluate, params.

#include <doctest/doctest.h>

#include "data/seq2seq_tokenizer.h"
#include "nn/pretrained/encoder_decoder.h"
#include "tests/train/program.h"
#include "train/seq2seq_objective.h"
#include "train/text_predictor.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

// "put the red fox" is answered by "fox red"; nine colours by nine animals.
std::string orders(int rows) {
  constexpr const char* colours[] = {"red", "blue", "green", "grey", "pink", "black", "white"};
  constexpr const char* animals[] = {"fox", "owl", "hen", "dog", "cat", "elk", "cow"};
  std::string table = "source\ttarget\n";
  for (int i = 0; i < rows; ++i) {
    const char* colour = colours[i % 7];
    const char* animal = animals[i / 7 % 7];
    table += fmt::format("put the {} {}\t{} {}\n", colour, animal, animal, colour);
  }
  return table;
}

const Arguments tiny_shape{"--n-layer",       "1",  "--n-embd",     "32", "--n-head",   "2",
                           "--block-size",    "32", "--batch-size", "8",  "--init-std", "0.1",
                           "--source-length", "24", "--vocab-size", "420"};

struct PairPlace {
  TemporaryFolder folder;
  std::string train = folder.file("train.tsv", orders(49)).string();
  std::string dev = folder.file("dev.tsv", orders(20)).string();
  std::string out = at("out");

  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  Arguments finetune(const Arguments& more, const std::string& target_length = "8") const {
    return Arguments{"finetune",   "seq2seq", "--scratch", "--train", train,  "--dev",
                     dev,          "--out",   out,         "--lr",    "5e-3", "--target-length",
                     target_length} +
           tiny_shape + more;
  }
  std::filesystem::path in_run(const std::string& name) const {
    return std::filesystem::path(out) / name;
  }
};

struct TextPlace {
  TemporaryFolder folder;
  std::string text = folder.file("text.txt", std::string(verses) + verses + verses).string();
  std::string out = (folder.path() / "run").string();

  Arguments pretrain(const Arguments& more) const {
    return Arguments{"pretrain", "seq2seq", "--data", text, "--out", out} + tiny_shape + more;
  }
  std::filesystem::path in_run(const std::string& name) const {
    return std::filesystem::path(out) / name;
  }
};

void check_equal_runs(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* name : {"model.safetensors", "optimizer.safetensors"}) {
    CAPTURE(name);
    const std::string file = std::string("checkpoints/step-00000012/") + name;
    CHECK(slurp(a / file).size() > 1000);
    CHECK((slurp(a / file) == slurp(b / file)));
  }
}

}  // namespace

TEST_CASE("finetune seq2seq learns pairs and says what that is worth") {
  const PairPlace place;
  const RunResult tuned = run(place.finetune({"--steps", "250", "--beams", "3", "--quiet"}));
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  CHECK(contains(tuned.out, "49 pairs to learn from, 20 to measure on (dev)"));
  CHECK(contains(tuned.out, "copy of the source"));
  CHECK(contains(tuned.err, "warning: dev: the figures are of 20 examples only"));
  CHECK(contains(tuned.out, "most frequent target"));
  CHECK(contains(tuned.out, "nats of log-probability per text over greedy decoding"));
  const json metrics = json::parse(slurp(place.in_run("metrics.json")));
  CHECK(metrics["dev"]["exact_match"] == 1);
  CHECK(metrics["dev"]["bleu"] == 1);
  CHECK(metrics["dev"]["beam_search"]["exact_match"] == 1);
  CHECK(metrics["dev"]["beam_search"]["log_probability_gain"].get<double>() > -1e-5);
  CHECK(metrics["dev"]["baselines"]["copy of the source"]["exact_match"] == 0);
  CHECK(metrics["settings"]["task"] == "pairs");
  const std::string page = slurp(place.in_run("report.html"));
  CHECK(contains(page, "Encoder-decoder: 1 and 1 layers"));
  CHECK(contains(page, "put the"));
}

TEST_CASE("what finetune seq2seq has made can be asked, measured and looked at") {
  const PairPlace place;
  REQUIRE(run(place.finetune({"--steps", "250", "--quiet"})).code == 0);
  const Arguments ask{"predict", "--model", place.out};
  const RunResult said = run(ask + Arguments{"--text", "put the pink owl"});
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK(said.out == "owl pink\n");
  const RunResult beams =
      run(ask + Arguments{"--text", "put the pink owl", "--beams", "2", "--json"});
  const json answer = json::parse(beams.out);
  CHECK(answer["target"] == "owl pink");
  CHECK(answer["candidates"].size() >= 2);
  CHECK(answer["log_probability"].get<double>() < 0);
  const RunResult table = run(ask + Arguments{"--data", place.dev});
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 20);
  CHECK(table.out.starts_with("fox red\n"));
  const std::string lines =
      place.folder.file("lines.txt", "put the pink owl\n\n \t\nput the red fox\n").string();
  const RunResult gaps = run(ask + Arguments{"--data", lines});
  CHECK(gaps.out == "owl pink\nfox red\n");
  CHECK(gaps.err == "note: 2 blank lines were skipped\n");
  check_refused(run(ask + Arguments{"--text", " "}), 1, "the text is empty");
  check_refused(run(ask + Arguments{"--text", "a", "--second", "b"}), 1, "no use for --second");
  check_refused(run(ask + Arguments{"--text", "a", "--context", "b"}), 1,
                "--context is for --question");
  check_refused(run(ask + Arguments{"--data", "questions.json"}), 1,
                "a source per line or a table");

  const RunResult measured =
      run({"evaluate", "--model", place.out, "--data", place.dev, "--beams", "2", "--json"});
  CAPTURE(measured.err);
  REQUIRE(measured.code == 0);
  CHECK(json::parse(measured.out)["exact_match"] == 1);
  CHECK(json::parse(measured.out)["beam_search"]["beams"] == 2);
  CHECK(run({"params", place.out}).code == 0);
  CHECK(run({"inspect", place.out}).code == 0);
  CHECK(run({"report", place.out}).code == 0);
  check_refused(run({"evaluate", "--model", place.out, "--data", place.dev, "--split", "val"}), 1,
                "measured on pairs");
  const RunResult singly = run({"evaluate", "--model", place.out, "--data", place.dev, "--json",
                                "--batch-size", "1", "--max-new-tokens", "4"});
  CHECK(json::parse(singly.out)["exact_match"] == 1);
}

TEST_CASE("finetune seq2seq: a resumed run ends with the bits of an unbroken one") {
  const PairPlace unbroken, broken;
  const Arguments settings{"--steps", "12", "--dropout", "0.1", "--accumulation", "2", "--quiet"};
  REQUIRE(run(unbroken.finetune(settings)).code == 0);
  const RunResult half = run(broken.finetune(settings + Arguments{"--stop-after", "5"}));
  CAPTURE(half.err);
  REQUIRE(half.code == 0);
  CHECK(half.out == "");  // nothing is measured before the end
  const RunResult rest =
      run({"finetune", "seq2seq", "--resume", broken.out, "--threads", "1", "--json", "--quiet"});
  CAPTURE(rest.err);
  REQUIRE(rest.code == 0);
  CHECK(json::parse(rest.out)["dev"].contains("exact_match"));
  check_equal_runs(unbroken.out, broken.out);
  check_refused(run({"pretrain", "seq2seq", "--resume", broken.out}), 1,
                "gradus finetune seq2seq --resume");
}

TEST_CASE("finetune seq2seq: a resumed run keeps its beams and the metrics of its first part") {
  const PairPlace place;
  const Arguments beams{"--beams", "3", "--length-penalty", "0.5", "--max-new-tokens", "5"};
  REQUIRE(run(place.finetune(Arguments{"--steps", "8", "--stop-after", "5"} + beams)).code == 0);
  const std::string first_part = slurp(place.in_run("metrics.jsonl"));
  const Arguments resume{"finetune", "seq2seq", "--resume", place.out, "--quiet"};
  const RunResult rest = run(resume);
  CAPTURE(rest.err);
  REQUIRE(rest.code == 0);
  CHECK(contains(rest.out, "3 beams"));
  const json stored = json::parse(slurp(place.in_run("metrics.json")));
  CHECK(stored["dev"]["beam_search"]["beams"] == 3);
  CHECK(stored["dev"]["beam_search"]["length_penalty"] == 0.5);
  CHECK(stored["settings"]["max_new_tokens"] == 5);
  CHECK(slurp(place.in_run("metrics.jsonl")).starts_with(first_part));
  CHECK(contains(run(resume + Arguments{"--beams", "2"}).out, "2 beams"));
  CHECK(contains(run(resume).out, "3 beams"));
}

TEST_CASE("pretrain seq2seq: both objectives leave a model directory that goes on bit for bit") {
  using Names = std::pair<const char*, const char*>;
  for (const Names& names :
       {Names{"span-corruption", "t5-tiny"}, Names{"text-infilling", "bart-tiny"}}) {
    const std::string objective = names.first, preset = names.second;
    CAPTURE(objective);
    const TextPlace unbroken, broken;
    const Arguments settings{"--objective",     objective, "--preset",          preset,
                             "--steps",         "12",      "--dropout",         "0.1",
                             "--eval-interval", "6",       "--sample-interval", "6"};
    const RunResult said = run(unbroken.pretrain(settings));
    CAPTURE(said.err);
    REQUIRE(said.code == 0);
    CHECK(said.out == "");
    CHECK(contains(said.err, "wrote   "));
    REQUIRE(run(broken.pretrain(settings + Arguments{"--stop-after", "5"})).code == 0);
    REQUIRE(run({"pretrain", "seq2seq", "--resume", broken.out}).code == 0);
    check_equal_runs(unbroken.out, broken.out);

    const EncoderDecoder model = load_encoder_decoder(unbroken.out);
    const Seq2SeqTokenizer tokenizer = Seq2SeqTokenizer::load(unbroken.out);
    CHECK(tokenizer.vocab_size() == model.config.vocab_size);
    CHECK(model.config.end_token == tokenizer.tokens().end);
    const auto lines = lines_of(unbroken.in_run("metrics.jsonl"));
    REQUIRE(lines.size() == 12);
    CHECK(lines[5].contains("val_loss"));
    const RunResult measured = run(
        {"evaluate", "--model", unbroken.out, "--data", unbroken.text, "--json", "--split", "val"});
    CAPTURE(measured.err);
    REQUIRE(measured.code == 0);
    CHECK(json::parse(measured.out)["loss"].get<double>() ==
          doctest::Approx(lines[11].at("val_loss").get<double>()).epsilon(1e-4));
    CHECK(contains(slurp(unbroken.in_run("report.html")), objective));
  }
}

TEST_CASE("evaluate measures a denoising model on all of a text that is named") {
  const TextPlace place;
  REQUIRE(run(place.pretrain({"--steps", "2", "--quiet"})).code == 0);
  const auto loss_of = [&](const std::string& file, const Arguments& more) {
    const RunResult said =
        run(Arguments{"evaluate", "--model", place.out, "--json", "--data", file} + more);
    CAPTURE(said.err);
    REQUIRE(said.code == 0);
    return json::parse(said.out);
  };
  const EncoderDecoder model = load_encoder_decoder(place.out);
  const Seq2SeqTokenizer tokenizer = Seq2SeqTokenizer::load(place.out);
  const std::vector<int32_t> ids = tokenizer.tokenizer().encode(slurp(place.text));
  const DenoisingBlocks blocks(ids, tokenizer.tokens(),
                               {.batch_size = 16,
                                .length = 23,
                                .seed = 1,
                                .denoising = {.kind = Denoising::span_corruption}});
  const double expected = mean_target_loss(
      model, [&](int64_t i) { return blocks[i]; }, blocks.size());
  const json whole = loss_of(place.text, {});
  CHECK(whole["loss"].get<double>() == doctest::Approx(expected).epsilon(1e-5));
  CHECK(loss_of(place.text, {"--batch-size", "2"})["loss"].get<double>() ==
        doctest::Approx(expected).epsilon(1e-5));
  CHECK_FALSE(whole.contains("unigram_loss"));  // it was counted nowhere
  CHECK(loss_of(place.text, {"--split", "val"}).contains("unigram_loss"));
  check_refused(run({"evaluate", "--model", place.out, "--data", place.text, "--split", "train"}),
                1, "not for encoder-decoders");
}

TEST_CASE("predict shows the sentinels that a pre-trained encoder-decoder writes") {
  const TextPlace place;
  const Arguments settings{"--steps", "60", "--lr", "5e-3", "--quiet"};
  REQUIRE(run(place.pretrain(settings)).code == 0);
  const RunResult said = run({"predict", "--model", place.out, "--text",
                              "When I consider<extra_id_0> my light", "--max-new-tokens", "6"});
  CAPTURE(said.err);
  REQUIRE(said.code == 0);
  CHECK(said.out.starts_with("<extra_id_0>"));
}

TEST_CASE("a pre-trained encoder-decoder is fine-tuned with its shape and its tokenizer") {
  const TextPlace before;
  REQUIRE(run(before.pretrain({"--steps", "3", "--quiet"})).code == 0);
  const PairPlace place;
  const Arguments tune{"finetune",  "seq2seq", "--model",      before.out, "--train",
                       place.train, "--out",   place.out,      "--steps",  "3",
                       "--json",    "--quiet", "--batch-size", "8"};
  const RunResult tuned = run(tune);
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  CHECK(json::parse(tuned.out)["examples"] == json{{"train", 45}, {"dev", 4}});
  CHECK(slurp(place.in_run("tokenizer.json")) == slurp(before.in_run("tokenizer.json")));
  CHECK(run(tune + Arguments{"--n-layer", "2"}).code == 2);
  check_refused(run(tune), 1, "there is a run in this folder already");
}

TEST_CASE("seq2seq: --dry-run measures, and texts that are cut are counted") {
  const PairPlace place;
  const RunResult cost = run(place.finetune({"--steps", "5", "--dry-run"}));
  CAPTURE(cost.err);
  CHECK(cost.code == 0);
  CHECK(contains(cost.out, "run         5 steps: "));
  CHECK_FALSE(std::filesystem::exists(place.out));
  const RunResult cut = run(place.finetune({"--steps", "2"}, "2"));
  CAPTURE(cut.err);
  CHECK(cut.code == 0);
  CHECK(contains(cut.err, "warning: train: "));
  CHECK(contains(cut.err, "targets were longer than 2 tokens and were cut"));
}

TEST_CASE("seq2seq: what the command line cannot mean is refused in a sentence") {
  const PairPlace place;
  const auto refused = [&](const Arguments& arguments, int code, const std::string& part) {
    const RunResult said = run(arguments);
    CAPTURE(said.err);
    CHECK(said.code == code);
    CHECK(contains(said.err, part));
  };
  const std::string& train = place.train;
  refused({"finetune", "seq2seq", "--train", train, "--out", place.out}, 2,
          "one of --model and --scratch");
  refused({"finetune", "seq2seq", "--scratch", "--out", place.out}, 2, "--train");
  refused(place.finetune({"--mean-span", "3"}), 2, "--mean-span");
  refused(place.finetune({}, "33"), 2, "must be from 2 to the 32 positions");
  const Arguments plain{"finetune", "seq2seq", "--scratch", "--train", train, "--out", place.out};
  refused(plain + Arguments{"--vocab-size", "300"}, 2, "special tokens");
  refused(place.finetune({"--beams", "0"}), 2, "--beams");
  refused({"finetune", "seq2seq", "--scratch", "--train", "builtin:poem", "--out", place.out}, 1,
          "builtin:summary, builtin:names, builtin:question and builtin:answer");
  refused({"finetune", "seq2seq", "--scratch", "--train", place.at("none.tsv"), "--out", place.out},
          1, "none.tsv");
  const std::string broken = place.folder.file("broken.tsv", "a\tb\nc\n").string();
  refused({"finetune", "seq2seq", "--scratch", "--train", broken, "--out", place.out}, 1,
          "broken.tsv:2");
  refused({"pretrain", "seq2seq", "--data", train, "--out", place.out, "--objective", "poetry"}, 2,
          "--objective");
  const Arguments pretrain{"pretrain", "seq2seq", "--data", train, "--out", place.out};
  refused(pretrain + Arguments{"--noise-share", "1"}, 2, "--noise-share 1 must be in [0, 1)");
  refused(pretrain + Arguments{"--noise-share", "0"}, 2, "--noise-share");
  refused(pretrain + Arguments{"--preset", "bart-tiny", "--objective", "span-corruption",
                               "--block-size", "80", "--source-length", "80", "--noise-share",
                               "0.5", "--mean-span", "1"},
          2, "make targets of 83 tokens, and the model has 80 positions");
  CHECK_FALSE(std::filesystem::exists(place.out));
  CHECK(contains(run({"pretrain", "seq2seq", "--help"}).out, "span-corruption"));
  CHECK(contains(run({"finetune", "seq2seq", "--help"}).out, "--length-penalty"));
}

TEST_CASE("params knows the presets of encoder-decoders") {
  for (const char* preset : {"t5-tiny", "bart-tiny"}) {
    const RunResult said = run({"params", preset, "--vocab-size", "1000", "--json"});
    CAPTURE(said.err);
    REQUIRE(said.code == 0);
    CHECK(json::parse(said.out)["parameters"].get<int64_t>() > 128 * 1000);
  }
}
