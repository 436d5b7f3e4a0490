// gradus embed and gradus search as a user runs them.

#include <doctest/doctest.h>

#include "data/safetensors.h"
#include "nn/pretrained/bert.h"
#include "nn/pretrained/text_embedder.h"
#include "tests/data/pretraining_support.h"
#include "tests/support.h"
#include "tests/train/program.h"

using namespace gradus;
using namespace gradus::testing;
using nlohmann::json;

namespace {

constexpr BERTConfig small_encoder{
    .block_size = 16, .vocab_size = 25, .n_layer = 2, .n_head = 2, .n_embd = 8};

struct SearchPlace {
  TemporaryFolder folder;
  std::string model = folder.path().string();
  std::string corpus = folder.file("corpus.txt", "a b c.\nd e f.\n\ng h i.\nd e f.\n").string();

  SearchPlace() {
    manual_seed(1);
    save_bert(BERTForPreTraining(small_encoder, true), folder.path());
    letter_tokenizer().save(folder.path());
  }
  Arguments search(const Arguments& more) const {
    return Arguments{"search", "--model", model, "--corpus", corpus} + more;
  }
};

RunResult with_input(const Arguments& arguments, const std::string& input) {
  const TemporaryFolder folder;
  const std::string file = folder.file("input", input).string();
  return run(arguments, [&] { dup2(open(file.c_str(), O_RDONLY), STDIN_FILENO); });
}

}  // namespace

TEST_CASE("search: a sentence of the text is its own nearest, by meaning and by words") {
  const SearchPlace place;
  for (const Arguments& way : {Arguments{}, Arguments{"--raw"}, Arguments{"--lexical"}}) {
    const RunResult outcome = run(place.search({"--query", "d e f.", "--json"}) + way);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const json matches = json::parse(outcome.out).at("matches");
    CHECK(matches.size() == 3);  // the one that is there twice is told once
    CHECK(matches.at(0).at("sentence") == "d e f.");
    CHECK(matches.at(0).at("score").get<double>() == doctest::Approx(1).epsilon(1e-4));
    CHECK(matches.at(1).at("score") <= matches.at(0).at("score"));
  }
}

TEST_CASE("search prints a score and a sentence a line, as many as --top") {
  const SearchPlace place;
  const RunResult outcome = run(place.search({"--query", "g h i.", "--top", "1"}));
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "1.0000  g h i.\n");
}

TEST_CASE("search without --query answers the lines of standard input") {
  const SearchPlace place;
  const RunResult outcome =
      with_input(place.search({"--top", "1", "--json"}), "a b c.\n\n  g h i.\n");
  REQUIRE(outcome.code == 0);
  std::istringstream lines(outcome.out);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    found.push_back(json::parse(line).at("matches").at(0).at("sentence"));
  }
  CHECK(found == std::vector<std::string>{"a b c.", "g h i."});
}

TEST_CASE("search --measure says how often the theme is right, for every way to search") {
  const SearchPlace place;
  const RunResult outcome =
      run({"search", "--model", place.model, "--corpus", "builtin", "--measure", "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  for (const char* among : {"other_stories", "other_places"}) {
    const double chance = report.at("chance").at(among);
    CHECK(chance > 0.01);
    CHECK(chance < 0.1);
    CHECK(report.at("lexical").at(among) > 2 * chance);
    CHECK(report.at("centred").at(among) >= 0);
  }
  CHECK(report.at("lexical").at("other_stories") > report.at("lexical").at("other_places"));
}

TEST_CASE("search: what does not serve is refused in a sentence") {
  const SearchPlace place;
  const std::string empty = place.folder.file("empty.txt", "").string();
  const std::string blank = place.folder.file("blank.txt", "\n \n").string();
  const auto in = [&](const std::string& model, const std::string& corpus) {
    return run({"search", "--model", model, "--corpus", corpus, "--query", "a"});
  };
  check_refused(run({"search", "--corpus", place.corpus, "--query", "a"}), 2, "--model");
  check_refused(run(place.search({"--query", "a", "--measure"})), 2, "--measure");
  check_refused(run(place.search({"--query", "a", "--top", "0"})), 2, "--top");
  check_refused(run(place.search({"--query", " "})), 1, "the query is empty");
  check_refused(in("/nonexistent", place.corpus), 1, "/nonexistent");
  check_refused(in(place.model, "/nonexistent.txt"), 1, "/nonexistent.txt");
  check_refused(in(place.model, empty), 1, "no text");
  check_refused(in(place.model, blank), 1, "there are no sentences to search");
  const TemporaryFolder bare;
  save_bert(BERTForPreTraining(small_encoder, true), bare.path());
  check_refused(in(bare.path(), place.corpus), 1, "no tokenizer in this folder");
}

TEST_CASE("embed: numbers, JSON and safetensors hold what the library gives") {
  const SearchPlace place;
  const std::vector<std::string> texts{"a b c", "d", "e f"};
  const Tensor expected = TextEmbedder::load(place.model).embed(texts).rows;
  const std::string file = place.folder.file("texts.txt", "a b c\nd\ne f\n").string();
  const Arguments embed{"embed", "--model", place.model, "--data", file};
  const auto rows_from = [&](const std::vector<real>& all) { return from_data({3, 8}, all); };

  std::vector<real> numbers;
  std::istringstream plain(run(embed).out);
  for (real x; plain >> x;) numbers.push_back(x);
  CHECK(difference(rows_from(numbers), expected) == "");

  std::istringstream lines(run(embed + Arguments{"--json"}).out);
  std::vector<real> from_json;
  size_t i = 0;
  for (std::string line; std::getline(lines, line); ++i) {
    const json object = json::parse(line);
    CHECK(object.at("text") == texts[i]);
    for (const json& x : object.at("embedding")) from_json.push_back(x.get<real>());
  }
  CHECK(difference(rows_from(from_json), expected) == "");

  const std::string out = (place.folder.path() / "rows.safetensors").string();
  const RunResult written = run(embed + Arguments{"--out", out});
  CHECK(written.code == 0);
  CHECK(written.out == "");
  CHECK(bit_difference(SafetensorsFile(out).tensor("embeddings"), expected) == "");
}

TEST_CASE("embed counts texts that were cut, and refuses a line without text") {
  const SearchPlace place;
  const std::string text = "a b c d e f g h i j a b c d e f g h";
  const RunResult cut = run({"embed", "--model", place.model, "--text", text, "b"});
  CHECK(cut.code == 0);
  CHECK(contains(cut.err, "1 of 2 texts were longer than the model reads"));
  const std::string holed = place.folder.file("holed.txt", "a\n\nb\n").string();
  check_refused(run({"embed", "--model", place.model, "--data", holed}), 1,
                "holed.txt:2: there is no text on this line");
  check_refused(run({"embed", "--model", place.model}), 2, "[--data,--text]");
  check_refused(run({"embed", "--model", place.model, "--data", holed, "--text", "a"}), 2,
                "[--data,--text]");
}
