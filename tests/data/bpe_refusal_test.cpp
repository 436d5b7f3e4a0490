// Tokenizer files that are damaged, hostile, or ask for what we do not do: one sentence each.

#include <nlohmann/json.hpp>
#include <random>

#include "data/bpe_tokenizer.h"
#include "data/tokenizer.h"
#include "support.h"

using namespace gradus;
using nlohmann::json;
using testing::contains;
using testing::sentence_of;

namespace {

constexpr const char* sound_vocab = R"({"a":0,"b":1,"ab":2})";
constexpr const char* sound_merges = "#version: 0.2\na b\n";

std::string two_files(const std::string& vocab, const std::string& merges) {
  const testing::TemporaryFolder folder;
  folder.file("vocab.json", vocab);
  folder.file("merges.txt", merges);
  const std::string sentence = sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  CHECK(sentence.starts_with(folder.path().string()));
  CHECK(sentence.find('\n') == std::string::npos);
  return sentence;
}

json sound_document() {
  return json::parse(R"({"version":"1.0","truncation":null,"padding":null,"normalizer":null,
    "added_tokens":[{"id":3,"content":"<end>","special":true}],
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
    "post_processor":null,"decoder":{"type":"ByteLevel"},
    "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})");
}

// The sentence about a tokenizer.json that is sound but for the value at `place`.
std::string with(const char* place, const json& value) {
  const testing::TemporaryFolder folder;
  json document = sound_document();
  document[json::json_pointer(place)] = value;
  folder.file("tokenizer.json", document.dump());
  const std::string sentence = sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  CHECK(sentence.starts_with((folder.path() / "tokenizer.json").string()));
  return sentence;
}

}  // namespace

TEST_CASE("BPE files: what the refusals below start from is sound") {
  const testing::TemporaryFolder folder;
  folder.file("tokenizer.json", sound_document().dump());
  CHECK(Tokenizer::load(folder.path()).encode("ab<end>b") == std::vector<int32_t>{2, 3, 1});
  const testing::TemporaryFolder other;
  other.file("vocab.json", sound_vocab);
  other.file("merges.txt", sound_merges);
  CHECK(Tokenizer::load(other.path()).encode("abb") == std::vector<int32_t>{2, 1});
}

TEST_CASE("BPE files: merges as pairs of strings are read too, as newer programs write them") {
  const testing::TemporaryFolder folder;
  json document = sound_document();
  document["model"]["merges"] = json::parse(R"([["a","b"]])");
  folder.file("tokenizer.json", document.dump());
  CHECK(Tokenizer::load(folder.path()).encode("ab") == std::vector<int32_t>{2});
}

TEST_CASE("BPE files: a vocabulary that is not sound is refused") {
  const auto refusal = [](const char* vocab) { return two_files(vocab, sound_merges); };
  CHECK(contains(refusal("{}"), "must be an object of tokens and ids"));
  CHECK(contains(refusal(R"(["a"])"), "must be an object of tokens and ids"));
  CHECK(contains(refusal(R"({"a":0,"b":0,"ab":2})"), "the id 0 belongs to two tokens"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":3})"), "the ids have holes"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":4294967296})"), "must be an integer in [0, 2^31)"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":-1})"), "must be an integer"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":2.0})"), "must be an integer"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":"2"})"), "must be an integer"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":2,"":3})"), "empty token"));
  CHECK(contains(refusal(R"({"a":0,"b":1,"ab":2,"a b":3})"), "stands for no byte"));
  CHECK(contains(refusal(R"({"a":0,"a":1})"), "repeats the key"));
  CHECK(contains(refusal("{"), "parse error"));
}

TEST_CASE("BPE files: merges that are not sound are refused") {
  const auto refusal = [](const std::string& merges) { return two_files(sound_vocab, merges); };
  CHECK(contains(refusal("a\n"), "merge 0 must be two tokens"));
  CHECK(contains(refusal("a b\na b c\n"), "merge 1 must be two tokens"));
  CHECK(contains(refusal("a b\n\n"), "merge 1 must be two tokens"));
  CHECK(contains(refusal("a  b\n"), "merge 0 must be two tokens"));
  CHECK(contains(refusal(" b\n"), "merge 0 must be two tokens"));
  CHECK(contains(refusal("a \n"), "merge 0 must be two tokens"));
  CHECK(contains(refusal("a b\r\n"), R"(merge 0 needs "b\r", which is no token)"));
  CHECK(contains(refusal("b a\n"), R"(merge 0 needs "ba", which is no token)"));
  CHECK(contains(refusal("a b\na b\n"), R"(merge 1 repeats "a" "b")"));
  CHECK(contains(refusal("a b\xff\n"), "not valid UTF-8 at byte 3"));
}

TEST_CASE("BPE files: a folder without one of the two files names it") {
  const testing::TemporaryFolder folder;
  folder.file("vocab.json", sound_vocab);
  CHECK(contains(sentence_of<FileError>([&] { Tokenizer::load(folder.path()); }), "merges.txt"));
}

TEST_CASE("BPE files: a tokenizer.json that asks for more than we do is refused") {
  CHECK(contains(with("/model/type", "Unigram"), R"(type is "Unigram")"));
  CHECK(contains(with("/model/dropout", 0.1), "dropout is 0.1; only [null] is understood"));
  CHECK(contains(with("/model/continuing_subword_prefix", "##"), "continuing_subword_prefix"));
  CHECK(contains(with("/model/byte_fallback", true), "byte_fallback is true"));
  CHECK(contains(with("/model/ignore_merges", 1), "ignore_merges is 1"));
  CHECK(contains(with("/normalizer", json{{"type", "NFC"}}), "normalizer"));
  CHECK(contains(with("/truncation", json{{"max_length", 8}}), "truncation"));
  CHECK(contains(with("/pre_tokenizer/type", "Whitespace"), "pre_tokenizer"));
  CHECK(contains(with("/pre_tokenizer/add_prefix_space", true), "add_prefix_space is true"));
  CHECK(contains(with("/pre_tokenizer/use_regex", false), "use_regex is false"));
  CHECK(contains(with("/pre_tokenizer", nullptr), "pre_tokenizer is null"));
  CHECK(contains(with("/post_processor", json{{"type", "RobertaProcessing"}}), "post_processor"));
  CHECK(contains(with("/decoder", 3), "decoder is 3"));
  CHECK(contains(with("/model", nullptr), "not a tokenizer"));
  CHECK(contains(with("/model/vocab", nullptr), "must be an object of tokens and ids"));
  CHECK(contains(with("/model/merges", nullptr), "merges must be an array"));
  CHECK(contains(with("/model/merges/0", 1), "a merge must be"));
  CHECK(contains(with("/model/merges/0", json{"a", "b", "c"}), "a merge must be"));
}

TEST_CASE("BPE files: added tokens that are not sound are refused") {
  CHECK(contains(with("/added_tokens", "no"), "must be an array"));
  CHECK(contains(with("/added_tokens/0", "no"), "an added token must have"));
  CHECK(contains(with("/added_tokens/0/content", ""), "an added token must have"));
  CHECK(contains(with("/added_tokens/0/content", 1), "an added token must have"));
  CHECK(contains(with("/added_tokens/0/id", -1), "must be an integer in [0, 2^31)"));
  CHECK(contains(with("/added_tokens/0/id", 7), "the ids have holes"));
  CHECK(contains(with("/added_tokens/0/id", 2), "the id 2 belongs to two tokens"));
  CHECK(contains(with("/added_tokens/0/content", "a"), "has the id 0 in the vocabulary and 3"));
  CHECK(contains(with("/added_tokens/0/rstrip", true), "rstrip is true"));
  CHECK(contains(with("/added_tokens/0/special", 1), "special is 1"));
  CHECK(contains(with("/added_tokens/1", json{{"id", 4}, {"content", "<end>"}}), "repeats"));
}

TEST_CASE("BPE files: cut off anywhere, tokenizer.json is refused") {
  const std::string whole = sound_document().dump();
  for (size_t size = 0; size < whole.size(); size += 3) {
    const testing::TemporaryFolder folder;
    folder.file("tokenizer.json", whole.substr(0, size));
    CHECK_THROWS_AS(Tokenizer::load(folder.path()), FileError);
  }
}

TEST_CASE("BPE files: with any byte damaged they are refused, or load and encode") {
  const testing::TemporaryFolder sound;
  sound.file("vocab.json", sound_vocab);
  sound.file("merges.txt", sound_merges);
  BPETokenizer::load(sound.path()).save(sound.path());
  std::mt19937 random(1);
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"}) {
    const std::string whole = testing::slurp(sound.path() / name);
    const testing::TemporaryFolder folder;
    folder.file("vocab.json", sound_vocab);
    folder.file("merges.txt", sound_merges);
    for (int round = 0; round < 500; ++round) {
      std::string damaged = whole;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      folder.file(name, damaged);
      try {
        const Tokenizer tokenizer = Tokenizer::load(folder.path());
        CHECK(tokenizer.vocab_size() == 3);
        tokenizer.encode("abba");
      } catch (const Error& error) {
        CHECK(std::string(error.what()).size() < 400);
      }
    }
  }
}
