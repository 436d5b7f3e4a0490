// BERT's tokenizer, against hand-made vocabularies and against bert-base-uncased.

#include "data/wordpiece.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "data/json.h"
#include "data/tokenizer.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

WordPieceTokenizer small(BertTextOptions text = {}, int64_t most = 100) {
  return WordPieceTokenizer(
      {.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "##a", "a",
                  "b", ",", "the", "viet", "##nam", "Việt", "e", "生"},
       .text = text,
       .max_characters = most});
}

std::vector<std::string> words(std::string_view text, BertTextOptions options = {}) {
  std::vector<std::string> result;
  for (const BertWord& word : bert_words(text, options)) result.push_back(word.text);
  return result;
}

std::string shown(const WordPieceTokenizer& tokenizer, std::string_view text) {
  std::string result;
  for (const int32_t id : tokenizer.encode(text)) {
    result += (result.empty() ? "" : " ") + tokenizer.vocabulary().tokens[static_cast<size_t>(id)];
  }
  return result;
}

std::filesystem::path bert_base() { return *testing::shared_path("conformance/bert-wordpiece"); }

}  // namespace

TEST_CASE("bert_words: white space parts, punctuation and ideographs stand alone") {
  using Words = std::vector<std::string>;
  CHECK(words("") == Words{});
  CHECK(words(" \t\n\u00a0\u2003 ") == Words{});
  CHECK(words("Don't, 5$!") == Words{"don", "'", "t", ",", "5", "$", "!"});
  CHECK(words("生活a的") == Words{"生", "活", "a", "的"});
  CHECK(words("ＡＢ、…") == Words{"ａｂ", "、", "…"});
  CHECK(words("ひらがな カナ") == Words{"ひらかな", "カナ"});  // no ideographs; が loses its mark
}

TEST_CASE("bert_words: case, accents and control characters") {
  using Words = std::vector<std::string>;
  CHECK(words("Führer ÉÇ Ω İ ẞ") == Words{"fuhrer", "ec", "ω", "i", "ß"});
  CHECK(words("a\u200bb\x01"
              "c\uFFFD") == Words{"abc"});
  CHECK(words("a\xff"
              "b") == Words{"ab"});
  const BertTextOptions cased{.lowercase = false};
  CHECK(words("Việt Nam é", cased) == Words{"Việt", "Nam", "é"});  // tone marks stay
  const BertTextOptions lower_with_accents{.lowercase = true, .strip_accents = false};
  CHECK(words("VIỆT İ", lower_with_accents) == Words{"việt", "i\u0307"});
  const BertTextOptions raw{.clean_text = false, .handle_chinese_chars = false};
  CHECK(words("生活\u200b", raw) == Words{"生活\u200b"});
}

TEST_CASE("bert_words: runs of letters and runs of signs, as Hugging Face's Whitespace") {
  using Words = std::vector<std::string>;
  const BertTextOptions runs{false, false, false, false, BertSplit::runs};
  CHECK(words("Don't, a_1?! \u0967\u24b6é…", runs) ==
        Words{"Don", "'", "t", ",", "a_1", "?!", "\u0967\u24b6é", "…"});
}

TEST_CASE("WordPiece: the longest piece first, and an unknown rest makes the word unknown") {
  const WordPieceTokenizer t = small();
  CHECK(shown(t, "unaffable") == "un ##aff ##able");
  CHECK(shown(t, "Una, THE") == "un ##a , the");
  CHECK(shown(t, "unaffablex b") == "[UNK] b");
  CHECK(shown(t, "x") == "[UNK]");
  CHECK(shown(t, "") == "");
  CHECK(shown(t, "[CLS] a[SEP]b [MASK]") == "[CLS] a [SEP] b [MASK]");
  CHECK(shown(t, "[mask]") == "[UNK] [UNK] [UNK]");  // only as it is written
  CHECK(shown(small({}, 3), "una unaa") == "un ##a [UNK]");
}

TEST_CASE("WordPiece: offsets lead back into the original text") {
  const WordPieceTokenizer t = small();
  const std::string text = "  Unàffable\u200b, [MASK]生";
  std::vector<std::string> found;
  std::vector<size_t> at;
  for (const WordPieceTokenizer::Piece& p : t.pieces(text)) {
    found.push_back(text.substr(p.source.begin, p.source.end - p.source.begin));
    at.push_back(p.word);
  }
  CHECK(found == std::vector<std::string>{"Un", "àff", "able", ",", "[MASK]", "生"});
  CHECK(at == std::vector<size_t>{0, 0, 0, 1, 2, 3});
}

TEST_CASE("WordPiece: a cased vocabulary keeps Vietnamese tone marks") {
  CHECK(shown(small({.lowercase = false}), "Việt") == "Việt");
  CHECK(shown(small(), "Việt Vietnam") == "viet viet ##nam");
}

TEST_CASE("WordPiece: decode joins pieces, and cleans up before marks") {
  const WordPieceTokenizer t = small();
  CHECK(t.decode(t.encode("unaffable, the b")) == "unaffable, the b");
  CHECK(t.decode(std::vector<int32_t>{2, 9, 3}) == "[CLS] a [SEP]");
  CHECK(t.decode(std::vector<int32_t>{2, 9, 3}, true) == "a");
  CHECK_THROWS_AS(t.decode(std::vector<int32_t>{18}), ValueError);
  CHECK_THROWS_AS(t.decode(std::vector<int32_t>{-1}), ValueError);
}

TEST_CASE("WordPiece: vocab.txt and tokenizer_config.json are enough") {
  const testing::TemporaryFolder folder;
  const WordPieceTokenizer t = small({.lowercase = false, .strip_accents = true});
  t.save(folder.path());
  std::filesystem::remove(folder.path() / "tokenizer.json");
  const WordPieceTokenizer again = WordPieceTokenizer::load(folder.path());
  CHECK(again.vocabulary().tokens == t.vocabulary().tokens);
  CHECK_FALSE(again.vocabulary().text.lowercase);
  CHECK(again.vocabulary().text.strip_accents == true);
  CHECK(Tokenizer(again).digest() == Tokenizer(t).digest());
  std::filesystem::remove(folder.path() / "tokenizer_config.json");
  CHECK(WordPieceTokenizer::load(folder.path()).vocabulary().text.lowercase);
  folder.file("tokenizer_config.json", R"({"do_lower_case": 1})");
  CHECK(contains(sentence_of<FileError>([&] { WordPieceTokenizer::load(folder.path()); }),
                 "do_lower_case is 1, it must be true or false"));
}

TEST_CASE("WordPiece: a vocab.txt that is not sound is refused") {
  const testing::TemporaryFolder folder;
  const auto refused = [&](const std::string& vocab) {
    folder.file("vocab.txt", vocab);
    return sentence_of<FileError>([&] { Tokenizer::load(folder.path()); });
  };
  CHECK(contains(refused("[UNK]\na\na\n"), "vocab.txt:3: the token a stands in line 2 too"));
  CHECK(contains(refused("[UNK]\n\nb\n"), "vocab.txt:2: an empty line"));
  CHECK(contains(refused("a\n"), "the vocabulary has no [UNK]"));
  CHECK(contains(refused(""), "the vocabulary has no [UNK]"));
  CHECK(contains(refused("[UNK]\n\xff\n"), "not valid UTF-8 at byte 6"));
  folder.file("vocab.txt", "[UNK]\r\na\r\n");
  const WordPieceTokenizer lines = WordPieceTokenizer::load(folder.path());
  CHECK(lines.encode("a b") == std::vector<int32_t>{1, 0});
  CHECK(contains(sentence_of<ValueError>([&] { lines.id("[MASK]"); }), "has no [MASK]"));
  CHECK_FALSE(lines.find("[MASK]"));
  CHECK_THROWS_AS(WordPieceTokenizer({.tokens = {"[UNK]", "a\n"}}), ValueError);
  CHECK_THROWS_AS(WordPieceTokenizer({.tokens = {"[UNK]", "\xff"}}), ValueError);
}

TEST_CASE("WordPiece: texts that nobody would write are encoded like any other") {
  const WordPieceTokenizer t = small();
  CHECK(t.encode(std::string(10'000'000, ' ')).empty());
  CHECK(t.encode(std::string(10'000'000, 'a')) == std::vector<int32_t>{1});
  CHECK(t.encode(std::string(1000, '\0')).empty());
  std::string marks = "a";
  for (int i = 0; i < 1'000'000; ++i) marks += "\u0301";
  CHECK(t.encode(marks) == std::vector<int32_t>{9});  // all of them are accents
  CHECK(small({.lowercase = false}).encode(marks) == std::vector<int32_t>{1});
  CHECK(t.encode("a\xed\xa0\x80"
                 "\xff"
                 "b") == std::vector<int32_t>{1});  // "ab"
  CHECK(t.encode("a\u180e"
                 "b") == std::vector<int32_t>{1});  // a format character
  CHECK(t.encode("a\u2028"
                 "b") == std::vector<int32_t>{9, 10});  // parts lines
  CHECK(t.encode("\u0130") == std::vector<int32_t>{1});
  CHECK(t.pieces("a[MASK]b").at(1).source.begin == 1);
}

TEST_CASE("WordPiece: Tokenizer holds it like any other kind") {
  const testing::TemporaryFolder folder;
  const Tokenizer t(small());
  t.save(folder.path());
  const Tokenizer loaded = Tokenizer::load(folder.path());
  CHECK(std::get_if<WordPieceTokenizer>(&loaded.kind()) != nullptr);
  CHECK(loaded.vocab_size() == 18);
  CHECK(loaded.encode("unaffable") == std::vector<int32_t>{5, 6, 7});
  CHECK(loaded.decode(loaded.encode("unaffable")) == "unaffable");
  CHECK_FALSE(loaded.end_of_text_id());
  CHECK(loaded.digest() == t.digest());
  CHECK(Tokenizer(small({.lowercase = false})).digest() != t.digest());
  CHECK(Tokenizer(small({}, 99)).digest() != t.digest());
  WordPieceVocabulary bare = small().vocabulary();
  bare.added = std::vector<AddedToken>{};
  CHECK(Tokenizer(WordPieceTokenizer(bare)).digest() != t.digest());
  CHECK(WordPieceTokenizer(bare).encode("[MASK]").size() == 3);  // its signs and its letters
  CHECK(WordPieceTokenizer(bare).is_special(4));
  bare.added = std::vector<AddedToken>{{18}};
  CHECK_THROWS_AS(WordPieceTokenizer{bare}, ValueError);
}

TEST_CASE("bert-base-uncased: ids and texts that Hugging Face's tokenizer gives") {
  if (!testing::shared_path("conformance/bert-wordpiece")) return;
  const WordPieceTokenizer t = WordPieceTokenizer::load(bert_base());
  CHECK(t.vocab_size() == 30522);
  const nlohmann::json all = read_json(bert_base() / "tokenizer_tests.json");
  for (const char* name : {"bert-base-uncased", "google-bert/bert-base-uncased"}) {
    for (const nlohmann::json& c : all.at(name)) {
      if (!c.at("input").is_string()) continue;
      CAPTURE(c.at("input").dump());
      std::vector<int32_t> ids{t.id("[CLS]")};
      for (const int32_t id : t.encode(c.at("input").get<std::string>())) ids.push_back(id);
      ids.push_back(t.id("[SEP]"));
      CHECK(ids == c.at("encoded").at("input_ids").get<std::vector<int32_t>>());
      CHECK(t.decode(ids) == c.at("decoded_with_special").get<std::string>());
      CHECK(t.decode(ids, true) == c.at("decoded_without_special").get<std::string>());
    }
  }
}

TEST_CASE("bert-base-uncased: ids that llama.cpp recorded") {
  if (!testing::shared_path("conformance/bert-wordpiece")) return;
  const WordPieceTokenizer t = WordPieceTokenizer::load(bert_base());
  const std::string in = testing::slurp(bert_base() / "ggml-vocab-bert-bge.gguf.inp");
  std::istringstream out(testing::slurp(bert_base() / "ggml-vocab-bert-bge.gguf.out"));
  const std::string mark = "\n__ggml_vocab_test__\n";
  size_t cases = 0;
  for (size_t begin = 0; begin < in.size(); ++cases) {
    const size_t end = std::min(in.find(mark, begin), in.size());
    const std::string text = in.substr(begin, end - begin);
    std::string line;
    REQUIRE(std::getline(out, line));
    std::istringstream numbers(line);
    std::vector<int32_t> expected;
    for (int32_t id = 0; numbers >> id;) expected.push_back(id);
    CAPTURE(text);
    CHECK(t.encode(text) == expected);
    begin = end + mark.size();
  }
  CHECK(cases > 40);
}
