#include "data/json.h"

#include <nlohmann/json.hpp>

#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

std::string parse_refusal(const std::string& text) {
  return sentence_of<FileError>([&] { parse_json(text, "config.json"); });
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("json: every kind of value arrives where it belongs") {
  const nlohmann::json document =
      parse_json(R"( {"a": [1, -2, 0.5, true, null, "x\u00e9", {"b": [[], {}]}], "c": {}} )", "t");
  CHECK(document["a"].size() == 7);
  CHECK(document["a"][0].is_number_unsigned());
  CHECK(document["a"][1] == -2);
  CHECK(document["a"][2] == 0.5);
  CHECK(document["a"][3] == true);
  CHECK(document["a"][4].is_null());
  CHECK(document["a"][5] == "x\u00e9");
  CHECK(document["a"][6]["b"][0].is_array());
  CHECK(document["a"][6]["b"][1].is_object());
  CHECK(document["c"].empty());
}

TEST_CASE("json: agrees with the library's own parser on a document of many values") {
  std::string text = "[0";
  for (int i = 1; i < 300; ++i) text += ",{\"k\":[" + std::to_string(i) + ",{\"m\":[]}],\"n\":1.5}";
  text += "]";
  CHECK(parse_json(text, "t") == nlohmann::json::parse(text));
}

TEST_CASE("json: a key may not be repeated in one object, but may return in another") {
  const std::string sentence = parse_refusal(R"({"a": 1, "b": {"a": 2}, "a": 3})");
  CHECK(contains(sentence, "config.json"));
  CHECK(contains(sentence, R"(repeats the key "a")"));
  CHECK(contains(parse_refusal(R"({"x": {"a": 1, "\u0061": 2}})"), "repeats"));
  CHECK(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "t").size() == 2);
}

TEST_CASE("json: 64 levels of nesting are accepted, 65 and a million are not") {
  CHECK(parse_json(nested(64), "t").is_array());
  CHECK(contains(parse_refusal(nested(65)), "deeper than 64"));
  CHECK(contains(parse_refusal(std::string(1'000'000, '[')), "deeper than 64"));
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  CHECK(contains(parse_refusal(objects), "deeper than 64"));
}

TEST_CASE("json: byte-order mark, invalid UTF-8, NUL and trailing text are refused by name") {
  CHECK(contains(parse_refusal("\xef\xbb\xbf{}"), "byte-order mark"));
  CHECK(contains(parse_refusal("{\"a\": \"\xff\"}"), "not valid UTF-8 at byte 7"));
  CHECK(contains(parse_refusal(std::string("{}\0garbage", 10)), "NUL byte at byte 2"));
  CHECK(contains(parse_refusal("{} x"), "config.json"));
  CHECK(contains(parse_refusal("{}{}"), "config.json"));
}

TEST_CASE("json: bad syntax gives one short sentence with the place") {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "{'a': 1}", "nul", "01", "1e999", "NaN",
                           "[1 2]", "// c\n1", "\"\\ud800\"", "\"a\nb\""}) {
    CAPTURE(text);
    const std::string sentence = parse_refusal(text);
    CHECK(sentence.starts_with("config.json: "));
    CHECK(!contains(sentence, "json.exception"));
  }
  CHECK(contains(parse_refusal("[1,\n 2,]"), "line 2"));
  CHECK(parse_refusal("\"" + std::string(1'000'000, 'x')).size() < 300);
}

TEST_CASE("json: a file is read and named in errors") {
  const testing::TemporaryFolder folder;
  CHECK(read_json(folder.file("good.json", "{\"n\": 1}"))["n"] == 1);
  const std::filesystem::path bad = folder.file("bad.json", "{");
  CHECK(contains(sentence_of<FileError>([&] { read_json(bad); }), bad.string()));
}

TEST_CASE("json: an excerpt is JSON, cut between characters where it is long") {
  CHECK(excerpt("a\n\"") == R"("a\n\"")");
  CHECK(excerpt(nlohmann::json::parse("[1, {\"k\": null}]")) == "[1,{\"k\":null}]");
  std::string accents;
  for (int i = 0; i < 1000; ++i) accents += "\u00e9";  // after the quote, byte 100 splits one
  const std::string cut = excerpt(accents);
  CHECK(cut == "\"" + accents.substr(0, 98) + "...");
}
