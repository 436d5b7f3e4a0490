#include "data/bpe_train.h"

#include <map>
#include <nlohmann/json.hpp>

#include "data/gpt2_split.h"
#include "data/tokenizer.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

// The merges of a tokenizer as bytes: "l o".
std::vector<std::string> merges_of(const BPETokenizer& tokenizer) {
  const BPEVocabulary& v = tokenizer.vocabulary();
  std::vector<std::string> shown;
  for (const Merge& m : v.merges) {
    shown.push_back(v.tokens[static_cast<size_t>(m.left)] + ' ' +
                    v.tokens[static_cast<size_t>(m.right)]);
  }
  return shown;
}

// Algorithm 1 as it is defined: count all pairs of all words, merge the best, begin again.
std::vector<std::string> merges_by_definition(std::string_view text, size_t count) {
  std::vector<std::vector<std::string>> words;
  for (const std::string_view piece : gpt2_split(text)) {
    words.emplace_back();
    for (const char c : piece) words.back().emplace_back(1, c);
  }
  std::vector<std::string> merges;
  while (merges.size() < count) {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const auto& word : words) {
      for (size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    }
    if (counts.empty()) break;
    auto best = counts.begin();
    for (auto pair = counts.begin(); pair != counts.end(); ++pair) {
      if (pair->second >= best->second) best = pair;  // pairs ascend: of equals the greatest
    }
    const auto [left, right] = best->first;
    merges.push_back(left + ' ' + right);
    for (auto& word : words) {
      for (size_t i = 0; i + 1 < word.size(); ++i) {
        if (word[i] != left || word[i + 1] != right) continue;
        word[i] += right;
        word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
  }
  return merges;
}

}  // namespace

TEST_CASE("BPE training: the example of Sennrich et al. merges e s, es t, then lo and low") {
  std::string text;
  for (int i = 0; i < 5; ++i) text += "low\n";
  for (int i = 0; i < 2; ++i) text += "lower\n";
  for (int i = 0; i < 6; ++i) text += "newest\n";
  for (int i = 0; i < 3; ++i) text += "widest\n";
  // Counts: (s t) and (e s) 9 each, and the greater pair comes first; then e st 9, o w 7, l ow 7.
  CHECK(merges_of(train_bpe(text, 257 + 6)) ==
        std::vector<std::string>{"s t", "e st", "o w", "l ow", "w est", "n e"});
}

TEST_CASE("BPE training: what the definition gives, on texts with many ties") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const std::string text = testing::random_text("aaabbc  \xc3\xa9", 400, seed);
    CHECK(merges_of(train_bpe(text, 257 + 40)) == merges_by_definition(text, 40));
  }
}

TEST_CASE("BPE training: special tokens come first, then the bytes in GPT-2's order, then merges") {
  const BPETokenizer tokenizer = train_bpe("abab abab", 260, {"<|endoftext|>", "<pad>"});
  CHECK(tokenizer.vocab_size() == 260);
  CHECK(tokenizer.decode(std::vector<int32_t>{0, 1, 2, 259}) == "<|endoftext|><pad>!abab");
  CHECK(tokenizer.encode("<pad>abab") == std::vector<int32_t>{1, 259});
}

TEST_CASE("BPE training: nothing is learned from special tokens, nor across them") {
  const BPETokenizer tokenizer = train_bpe("xy<|endoftext|>xy<|endoftext|>yx", 300);
  CHECK(merges_of(tokenizer) == std::vector<std::string>{"x y", "y x"});
}

TEST_CASE("BPE training: a text without pairs leaves the bytes") {
  CHECK(train_bpe("", 1000).vocab_size() == 257);
  CHECK(train_bpe("a b", 1000, {}).vocab_size() == 257);  // 256 bytes and " b"
}

TEST_CASE("BPE training: sizes and special tokens that cannot be are refused") {
  const auto refusal = [](int64_t size, const std::vector<std::string>& special) {
    return sentence_of<ValueError>([&] { train_bpe("text", size, special); });
  };
  CHECK(contains(refusal(256, {end_of_text}), "at least 257"));
  CHECK(contains(refusal(-1, {}), "at least 256"));
  CHECK(contains(refusal(int64_t{1} << 31, {}), "fewer than 2^31"));
  CHECK(contains(refusal(300, {"<a>", "<a>"}), "'<a>' is given twice"));
  CHECK(contains(refusal(300, {"a"}), "fewer than two bytes"));
  CHECK(contains(refusal(300, {""}), "fewer than two bytes"));
  CHECK(contains(refusal(300, {"a\xff"}), "not valid UTF-8"));
}

TEST_CASE("BPE training: a word of a million letters is learned from like any other") {
  const std::string text(1'000'000, 'a');
  CHECK(train_bpe(text, 300).encode(text).size() < 10);
}

TEST_CASE("BPE training: CS336's corpus gives its published merges and vocabulary") {
  const auto folder = testing::shared_path("conformance/bpe-training");
  if (!folder) return;
  const testing::TemporaryFolder saved;
  train_bpe(testing::slurp(*folder / "corpus.en"), 500).save(saved.path());
  CHECK(testing::slurp(saved.path() / "merges.txt") ==
        "#version: 0.2\n" + testing::slurp(*folder / "train-bpe-reference-merges.txt"));
  CHECK(nlohmann::json::parse(testing::slurp(saved.path() / "vocab.json")) ==
        nlohmann::json::parse(testing::slurp(*folder / "train-bpe-reference-vocab.json")));
}

TEST_CASE("BPE training: other texts survive a vocabulary that has not seen them") {
  const auto folder = testing::shared_path("conformance/bpe-training");
  if (!folder) return;
  const BPETokenizer tokenizer = train_bpe(testing::slurp(*folder / "corpus.en"), 500);
  for (const char* name : {"address.txt", "german.txt"}) {
    const std::string text = testing::slurp(*folder / name);
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  }
}

TEST_CASE("train_words: whole words by frequency, anything else in bytes; files bring it back") {
  const BPETokenizer words = train_words("the cat saw the dog, the cat ran", 260);
  CHECK(words.vocab_size() ==
        260);  // <|endoftext|>, 256 bytes, " the", " cat", and one of the rest
  const auto pieces = [&](std::string_view text) {
    std::vector<std::string> result;
    for (const int32_t id : words.encode(text)) result.push_back(words.decode(std::span(&id, 1)));
    return result;
  };
  CHECK(pieces(" the cat") == std::vector<std::string>{" the", " cat"});
  CHECK(pieces(" the cow") == std::vector<std::string>{" the", " ", "c", "o", "w"});
  CHECK(pieces("<|endoftext|> cat") == std::vector<std::string>{"<|endoftext|>", " cat"});
  for (const std::string text : {"", "the cat, the \xff caté\n", "theca t"}) {
    CHECK(words.decode(words.encode(text)) == text);
  }
  CHECK(words.explain(" cat c")[0].start.size() == 1);
  CHECK(words.explain(" cat c")[1].start.size() == 2);

  const testing::TemporaryFolder folder;
  words.save(folder.path());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "merges.txt"));
  const BPETokenizer again = BPETokenizer::load(folder.path());
  CHECK(again.encode(" the cat saw") == words.encode(" the cat saw"));
  CHECK(Tokenizer(again).digest() == Tokenizer(words).digest());
  BPEVocabulary merging = words.vocabulary();
  merging.ignore_merges = false;
  CHECK(Tokenizer(BPETokenizer(merging)).digest() != Tokenizer(words).digest());
  CHECK(BPETokenizer(merging).encode(" cat").size() == 4);
  CHECK_THROWS_AS(train_words("a", 256), ValueError);
}
