#include "data/bpe_tokenizer.h"

#include <sstream>

#include "data/byte_level.h"
#include "data/tokenizer.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using Id = std::vector<int32_t>;

// Letters and a few merges, in GPT-2's two files.
constexpr const char* small_vocab =
    R"({"l":0,"o":1,"w":2,"e":3,"r":4,"Ġ":5,"lo":6,"low":7,"er":8,"we":9,"<|endoftext|>":10})";
constexpr const char* small_merges = "#version: 0.2\nl o\nlo w\ne r\nw e\n";

BPETokenizer small_tokenizer() {
  const testing::TemporaryFolder folder;
  folder.file("vocab.json", small_vocab);
  folder.file("merges.txt", small_merges);
  return BPETokenizer::load(folder.path());
}

// All bytes and merges of a few letters: for words in which many pairs compete.
BPETokenizer busy_tokenizer() {
  BPEVocabulary vocabulary;
  for (const unsigned char byte : byte_level_order()) {
    vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
  }
  std::vector<int32_t> letters;
  for (const char c : {'a', 'b', 'c'}) letters.push_back(c - '!');  // the order begins with '!'
  for (unsigned i = 0; i < 60; ++i) {
    const int32_t left = letters[i * 7 % letters.size()], right = letters[i * 13 % letters.size()];
    const int32_t merged = static_cast<int32_t>(vocabulary.tokens.size());
    vocabulary.tokens.push_back(vocabulary.tokens[static_cast<size_t>(left)] +
                                vocabulary.tokens[static_cast<size_t>(right)]);
    vocabulary.merges.push_back({left, right, merged});
    letters.push_back(merged);
  }
  return BPETokenizer(vocabulary);
}

// GPT-2's own, where it is at hand.
const BPETokenizer* gpt2() {
  static const auto path = testing::shared_path("conformance/gpt2-bpe");
  if (!path) return nullptr;
  static const BPETokenizer tokenizer = BPETokenizer::load(*path);
  return &tokenizer;
}

}  // namespace

TEST_CASE("BPE: pairs merge by rank, the leftmost first") {
  const BPETokenizer tokenizer = small_tokenizer();
  CHECK(tokenizer.vocab_size() == 11);
  CHECK(tokenizer.encode("lower") == Id{7, 8});  // l o, lo w and e r come before w e
  CHECK(tokenizer.encode("wer") == Id{2, 8});
  CHECK(tokenizer.encode("wee") == Id{9, 3});
  CHECK(tokenizer.encode("low low") == Id{7, 5, 7});
  CHECK(tokenizer.encode("").empty());
}

TEST_CASE("BPE: added tokens are found in the text, or not if one asks for ordinary text") {
  const BPETokenizer tokenizer = small_tokenizer();
  CHECK(tokenizer.encode("lo<|endoftext|>we") == Id{6, 10, 9});
  CHECK(tokenizer.encode("<|endoftext|><|endoftext|>") == Id{10, 10});
  const auto ordinary = [&] { tokenizer.encode("lo<|endoftext|>", {.added_tokens = false}); };
  CHECK(contains(sentence_of<ValueError>(ordinary), "no token for byte 0x3C"));
  CHECK(contains(sentence_of<ValueError>([&] { tokenizer.encode("<|endoftext"); }), "0x3C"));
}

TEST_CASE("BPE: of the added tokens at one place the longest is taken") {
  const AddedTokens added({{"<a>", 1}, {"<a><b>", 2}, {"x", 3}});
  std::string shown;
  for (const auto& segment : added.split("1<a><b><a>x2")) {
    shown += fmt::format("[{}:{}]", segment.text, segment.id.value_or(0));
  }
  CHECK(shown == "[1:0][<a><b>:2][<a>:1][x:3][2:0]");
}

TEST_CASE("BPE: an id outside the vocabulary is refused") {
  const BPETokenizer tokenizer = small_tokenizer();
  for (const int32_t id : {-1, 11, 2147483647}) {
    const Id ids = {0, id};
    const std::string sentence = sentence_of<ValueError>([&] { tokenizer.decode(ids); });
    CHECK(contains(sentence, fmt::format("id {} at position 1 is outside [0, 11)", id)));
  }
}

TEST_CASE("BPE: the heap gives what merging one pair at a time gives, and what explain shows") {
  const BPETokenizer tokenizer = busy_tokenizer();
  for (unsigned seed = 0; seed < 200; ++seed) {
    const std::string text = testing::random_text("abcabc ", 60, seed);
    Id plainly;
    for (const BPETokenizer::Explanation& piece : tokenizer.explain(text)) {
      const Id& last = piece.steps.empty() ? piece.start : piece.steps.back().ids;
      plainly.insert(plainly.end(), last.begin(), last.end());
    }
    CHECK(tokenizer.encode(text) == plainly);
    CHECK(tokenizer.decode(plainly) == text);
  }
}

TEST_CASE("BPE: explain goes from bytes to tokens, one merge a step") {
  const auto pieces = small_tokenizer().explain("lower<|endoftext|>");
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].start == Id{0, 1, 2, 3, 4});
  REQUIRE(pieces[0].steps.size() == 3);
  CHECK(pieces[0].steps[0].rank == 0);
  CHECK(pieces[0].steps[0].ids == Id{6, 2, 3, 4});
  CHECK(pieces[0].steps[1].ids == Id{7, 3, 4});
  CHECK(pieces[0].steps[2].rank == 2);
  CHECK(pieces[0].steps[2].ids == Id{7, 8});
  CHECK(pieces[1].start == Id{10});
  CHECK(pieces[1].steps.empty());
}

TEST_CASE("BPE: any bytes survive encoding and decoding, and byte ranges tile the text") {
  const BPETokenizer tokenizer = busy_tokenizer();
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (unsigned seed = 0; seed < 100; ++seed) {
    const std::string text = testing::random_text(all, 200, seed);
    const Id ids = tokenizer.encode(text);
    CHECK(tokenizer.decode(ids) == text);
    size_t end = 0;
    const auto ranges = tokenizer.byte_ranges(ids);
    REQUIRE(ranges.size() == ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      CHECK(ranges[i].begin == end);
      end = ranges[i].end;
      CHECK(text.substr(ranges[i].begin, end - ranges[i].begin) ==
            tokenizer.decode(std::span(ids).subspan(i, 1)));
    }
    CHECK(end == text.size());
  }
}

TEST_CASE("BPE: a word of a million letters is encoded like any other") {
  const BPETokenizer tokenizer = busy_tokenizer();
  const std::string text(1'000'000, 'a');
  CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

TEST_CASE("BPE: saved and loaded, from each of the forms, it is the same tokenizer") {
  const testing::TemporaryFolder folder;
  const Tokenizer tokenizer{small_tokenizer()};
  tokenizer.save(folder.path());
  const std::string text = "lower we<|endoftext|> were";
  for (const char* removed : {"", "tokenizer.json"}) {
    if (*removed != '\0') std::filesystem::remove(folder.path() / removed);
    const Tokenizer loaded = Tokenizer::load(folder.path());
    CHECK(std::get_if<BPETokenizer>(&loaded.kind()) != nullptr);
    CHECK(loaded.vocab_size() == 11);
    CHECK(loaded.encode(text) == tokenizer.encode(text));
  }
  CHECK(testing::slurp(folder.path() / "merges.txt") == small_merges);
  std::filesystem::rename(folder.path() / "vocab.json", folder.path() / "encoder.json");
  std::filesystem::rename(folder.path() / "merges.txt", folder.path() / "vocab.bpe");
  CHECK(Tokenizer::load(folder.path()).encode(text) == tokenizer.encode(text));
}

TEST_CASE("BPE: 46 texts have the ids that llama.cpp records for GPT-2") {
  const auto folder = testing::shared_path("conformance/gpt2-bpe");
  if (!folder) return;
  std::istringstream expected(testing::slurp(*folder / "ggml-vocab-gpt-2.gguf.out"));
  const std::string texts = testing::slurp(*folder / "ggml-vocab-gpt-2.gguf.inp");
  const std::string separator = "\n__ggml_vocab_test__\n";
  int count = 0;
  for (size_t begin = 0; begin < texts.size(); ++count) {
    const size_t end = texts.find(separator, begin);
    REQUIRE(end != std::string::npos);
    const std::string text = texts.substr(begin, end - begin);
    CAPTURE(text);
    std::string line;
    std::getline(expected, line);
    std::istringstream numbers(line);
    const Id ids{std::istream_iterator<int32_t>(numbers), {}};
    CHECK(gpt2()->encode(text) == ids);
    CHECK(gpt2()->decode(ids) == text);
    begin = end + separator.size();
  }
  CHECK(count == 46);
}

TEST_CASE("BPE: tiny Shakespeare has nanoGPT's 301,966 and 36,059 tokens") {
  const auto path = testing::shared_path("data/tinyshakespeare/input.txt");
  if (!path || gpt2() == nullptr) return;
  const std::string text = testing::slurp(*path);
  const size_t train = text.size() * 9 / 10;  // ASCII
  CHECK(gpt2()->encode(std::string_view(text).substr(0, train)).size() == 301'966);
  CHECK(gpt2()->encode(std::string_view(text).substr(train)).size() == 36'059);
}
