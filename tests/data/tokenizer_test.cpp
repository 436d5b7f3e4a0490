#include "data/tokenizer.h"

#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

std::string load_refusal(const std::string& contents) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("char_vocab.json", contents).string();
  const std::string sentence = sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  CHECK(sentence.starts_with(path));
  return sentence;
}

std::string with_vocab(const std::string& vocab) {
  return R"({"version":1,"type":"char","vocab":)" + vocab + "}";
}

}  // namespace

TEST_CASE("char tokenizer: ids are the places of the characters, sorted by code point") {
  const CharTokenizer tokenizer = CharTokenizer::train("b\u00e9a\n\U0001f600 ba");
  CHECK(std::u32string(tokenizer.vocab().begin(), tokenizer.vocab().end()) ==
        U"\n ab\u00e9\U0001f600");
  CHECK(tokenizer.encode("ab\u00e9 \U0001f600\n") == std::vector<int32_t>{2, 3, 4, 1, 5, 0});
  CHECK(tokenizer.encode("").empty());
}

TEST_CASE("char tokenizer: decode undoes encode") {
  const std::string text = "Th\u1eed \u0111i, \u65e5\u672c!\n";
  const CharTokenizer tokenizer = CharTokenizer::train(text);
  CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

TEST_CASE("char tokenizer: an unknown character is named with its byte offset") {
  const CharTokenizer tokenizer = CharTokenizer::train("h\u00e9 ");
  const auto refusal = [&](const char* text) {
    return sentence_of<ValueError>([&] { tokenizer.encode(text); });
  };
  CHECK(refusal("h\u00e9 z") ==
        "char tokenizer: 'z' (U+007A) at byte offset 4 is not among the 3 characters of the "
        "vocabulary");
  CHECK(contains(refusal("\n"), "U+000A at byte offset 0"));
  CHECK(contains(refusal("h\xff"), "not valid UTF-8: byte 0xFF at offset 1"));
}

TEST_CASE("char tokenizer: an id outside the vocabulary is refused") {
  const CharTokenizer tokenizer = CharTokenizer::train("abc");
  for (const int32_t id : {-1, 3, 2147483647}) {
    const std::vector<int32_t> ids = {0, id};
    const std::string sentence = sentence_of<ValueError>([&] { tokenizer.decode(ids); });
    CHECK(contains(sentence, fmt::format("id {} at position 1 is outside [0, 3)", id)));
  }
}

TEST_CASE("char tokenizer: nothing can be learned from an empty or broken text") {
  CHECK(contains(sentence_of<ValueError>([] { CharTokenizer::train(""); }), "empty text"));
  CHECK(contains(sentence_of<ValueError>([] { CharTokenizer::train("ab\xc3"); }), "offset 2"));
}

TEST_CASE("tokenizer: saved and loaded, it is the same tokenizer") {
  const testing::TemporaryFolder folder;
  std::string text("\0\t\"\\/", 5);
  text += "a\u00e9\u2028\U0001f600\x7f";
  const Tokenizer tokenizer(CharTokenizer::train(text));
  tokenizer.save(folder.path());
  const Tokenizer loaded = Tokenizer::load(folder.path());
  CHECK(loaded.vocab_size() == 10);
  CHECK(loaded.encode(text) == tokenizer.encode(text));
  CHECK(loaded.decode(loaded.encode(text)) == text);
  CHECK(std::get_if<CharTokenizer>(&loaded.kind()) != nullptr);
}

TEST_CASE("tokenizer: the file is the one that the header documents") {
  const testing::TemporaryFolder folder;
  Tokenizer(CharTokenizer::train("b a\n")).save(folder.path());
  CHECK(testing::slurp(folder.path() / "char_vocab.json") ==
        "{\"version\": 1, \"type\": \"char\", \"vocab\": [\"\\n\",\" \",\"a\",\"b\"]}\n");
}

TEST_CASE("tokenizer: a vocabulary file that is not sound is refused") {
  CHECK(contains(load_refusal(with_vocab(R"(["a","b","a"])")), "entry 2 repeats 'a' (U+0061)"));
  CHECK(contains(load_refusal(with_vocab(R"(["a","\u0061"])")), "entry 1 repeats"));
  CHECK(contains(load_refusal(with_vocab(R"(["a",""])")), "entry 1 must be exactly one character"));
  CHECK(contains(load_refusal(with_vocab(R"(["ab"])")), "entry 0 must be exactly one character"));
  CHECK(contains(load_refusal(with_vocab(R"(["e\u0301"])")), "exactly one character"));
  CHECK(contains(load_refusal(with_vocab(R"([1])")), "entry 0 must be a string"));
  CHECK(contains(load_refusal(with_vocab("[]")), "vocabulary is empty"));
  CHECK(contains(load_refusal(with_vocab("{}")), "must be {"));
  CHECK(contains(load_refusal("[]"), "must be {"));
  CHECK(contains(load_refusal(R"({"version":2,"type":"char","vocab":["a"]})"), "\"version\": 1"));
  CHECK(contains(load_refusal(R"({"version":1,"type":"bpe","vocab":["a"]})"), "must be {"));
  CHECK(
      contains(load_refusal(R"({"version":1,"type":"char","vocab":["a"],"x":1})"), "nothing else"));
  CHECK(contains(load_refusal("{"), "parse error"));
}

TEST_CASE("tokenizer: a folder without one says what is missing") {
  const testing::TemporaryFolder folder;
  const std::string sentence = sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  CHECK(contains(sentence, folder.path().string()));
  CHECK(contains(sentence, "char_vocab.json"));
}
