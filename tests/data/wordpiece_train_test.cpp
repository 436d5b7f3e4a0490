// Learning WordPiece, against the definition: count everything, merge the best pair, begin again.

#include "data/wordpiece_train.h"

#include <map>

#include "data/utf8.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using Strings = std::vector<std::string>;

std::vector<Strings> words_in_characters(std::string_view text) {
  std::vector<Strings> words;
  for (const BertWord& word : bert_words(text)) {
    Strings& characters = words.emplace_back();
    for (size_t i = 0; i < word.starts.size(); ++i) {
      const size_t end = i + 1 < word.starts.size() ? word.starts[i + 1] : word.text.size();
      characters.push_back((i == 0 ? "" : "##") +
                           word.text.substr(word.starts[i], end - word.starts[i]));
    }
  }
  return words;
}

// The best pair of neighbours; pairs ascend, so that of equals the first stays.
std::optional<std::pair<std::string, std::string>> best_pair(const std::vector<Strings>& words,
                                                             const WordPieceTraining& training) {
  std::map<std::string, double> tokens;
  std::map<std::pair<std::string, std::string>, double> pairs;
  for (const Strings& word : words) {
    for (const std::string& token : word) ++tokens[token];
    for (size_t i = 0; i + 1 < word.size(); ++i) ++pairs[{word[i], word[i + 1]}];
  }
  std::optional<std::pair<std::string, std::string>> best;
  double best_score = 0;
  for (const auto& [pair, count] : pairs) {
    if (count < static_cast<double>(training.min_frequency)) continue;
    const bool likelihood = training.score == WordPieceScore::likelihood;
    const double score = likelihood ? count / (tokens[pair.first] * tokens[pair.second]) : count;
    if (score > best_score) {
      best = pair;
      best_score = score;
    }
  }
  return best;
}

// The tokens that merges add, in order.
Strings merged_by_definition(std::string_view text, size_t most,
                             const WordPieceTraining& training) {
  std::vector<Strings> words = words_in_characters(text);
  Strings merged;
  while (merged.size() < most) {
    const auto best = best_pair(words, training);
    if (!best) break;
    const std::string token = best->first + best->second.substr(2);
    if (std::ranges::find(merged, token) == merged.end()) merged.push_back(token);
    for (Strings& word : words) {
      for (size_t i = 0; i + 1 < word.size(); ++i) {
        if (word[i] != best->first || word[i + 1] != best->second) continue;
        word[i] = token;
        word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
  }
  return merged;
}

Strings tail(const WordPieceTokenizer& tokenizer, size_t first) {
  const Strings& tokens = tokenizer.vocabulary().tokens;
  return {tokens.begin() + static_cast<std::ptrdiff_t>(std::min(first, tokens.size())),
          tokens.end()};
}

size_t unknown(const WordPieceTokenizer& tokenizer, std::string_view text) {
  const std::vector<int32_t> ids = tokenizer.encode(text);
  return static_cast<size_t>(std::ranges::count(ids, tokenizer.id("[UNK]")));
}

}  // namespace

TEST_CASE("WordPiece training: special tokens, the alphabet by frequency, then merges") {
  const WordPieceTokenizer t = train_wordpiece("hug hug hug, pug", 100);
  CHECK(t.vocabulary().tokens == Strings{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "g", "##g",
                                         "u", "##u", "h", "##h", ",", "p", "##p", "##ug", "hug"});
}

TEST_CASE("WordPiece training: the likelihood prefers rare pairs of rare tokens") {
  // Counts: h 15, p 17 and 5, b 4, ##u 36, ##g 20, ##n 16, ##s 5. (##g, ##s) has 5 / (20 * 5), the
  // greatest score, although (##u, ##g) is the most frequent pair.
  std::string text;
  const auto add = [&](const std::string& word, int count) {
    for (int i = 0; i < count; ++i) text += word + ' ';
  };
  add("hug", 10), add("pug", 5), add("pun", 12), add("bun", 4), add("hugs", 5);
  const auto first = [&](WordPieceScore score) {
    return tail(train_wordpiece(text, 20, {}, {.score = score}), 5 + 14).at(0);
  };
  CHECK(first(WordPieceScore::likelihood) == "##gs");
  CHECK(first(WordPieceScore::frequency) == "##ug");
}

TEST_CASE("WordPiece training: what the definition gives, on texts with many ties") {
  for (const WordPieceScore score : {WordPieceScore::likelihood, WordPieceScore::frequency}) {
    for (unsigned seed = 0; seed < 40; ++seed) {
      const std::string text = testing::random_text("aaabbcde   .", 600, seed);
      const WordPieceTraining training{.score = score, .min_frequency = 1 + seed % 4};
      const Strings expected = merged_by_definition(text, 40, training);
      CAPTURE(seed);
      CHECK(tail(train_wordpiece(text, 5 + 11 + 40, {}, training), 5 + 11) == expected);
    }
  }
}

TEST_CASE("WordPiece training: what was learned from has no [UNK] and comes back") {
  const std::string text = "the unaffable cat, the affable dog; unable 生 a生 cats";
  for (const WordPieceScore score : {WordPieceScore::likelihood, WordPieceScore::frequency}) {
    for (const int64_t size : {49, 55, 80, 1000}) {
      const WordPieceTokenizer t = train_wordpiece(text, size, {}, {.score = score});
      CHECK(t.vocab_size() <= size);
      CHECK(unknown(t, text) == 0);
      CHECK(unknown(t, "tac nu;生") == 0);
      CHECK(t.decode(t.encode("the unaffable cat, a dog")) == "the unaffable cat, a dog");
    }
  }
  CHECK(contains(sentence_of<ValueError>([&] { train_wordpiece(text, 20); }), "at least 3"));
}

TEST_CASE("WordPiece training: limits of the alphabet, of words, and special tokens in the text") {
  const WordPieceTokenizer few = train_wordpiece("aaa aab abc", 100, {}, {.alphabet_limit = 2});
  CHECK(unknown(few, "aab") == 0);
  CHECK(unknown(few, "abc") == 1);
  CHECK_FALSE(few.find("c"));
  const WordPieceTokenizer t = train_wordpiece("x[MASK]x " + std::string(5000, 'y') + " zz", 100);
  CHECK(t.vocabulary().tokens ==
        Strings{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "x", "##x", "z", "##z"});
  CHECK(train_wordpiece("", 100).vocab_size() == 5);
  CHECK_THROWS_AS(train_wordpiece("", 4), ValueError);
  CHECK_THROWS_AS(train_wordpiece("", int64_t{1} << 31), ValueError);
}

TEST_CASE("train_wordpiece_words: frequent words whole, others in characters, none unknown") {
  const WordPieceTokenizer t = train_wordpiece_words("the cat saw the dog, the cat ran", 30 + 3);
  const auto pieces = [&](std::string_view text) {
    Strings result;
    for (const int32_t id : t.encode(text)) {
      result.push_back(t.vocabulary().tokens[static_cast<size_t>(id)]);
    }
    return result;
  };
  CHECK(pieces("The cat") == Strings{"the", "cat"});
  CHECK(pieces("dog") == Strings{"dog"});  // of words that occur once the first in the alphabet
  CHECK(pieces("ran,") == Strings{"r", "##a", "##n", ","});
  CHECK(unknown(t, "hgoc dnat") == 0);
  CHECK_THROWS_AS(train_wordpiece_words("the", 10), ValueError);
}

TEST_CASE("WordPiece training: a cased vocabulary loses no tone mark of Vietnamese") {
  const Strings sentences = {"Tiếng Việt có sáu thanh điệu",
                             "Bà nội đã từng kể những câu chuyện cổ tích rất hay",
                             "Đường phố Hà Nội rộn rã tiếng xe cộ mỗi buổi sáng",
                             "Ngưỡng cửa nhỏ, bữa cơm ấm, giấc ngủ sẽ đến"};
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + '\n';
  for (const BertTextOptions& options : std::vector<BertTextOptions>{
           {.lowercase = false}, {.lowercase = false, .strip_accents = false}}) {
    const WordPieceTokenizer t = train_wordpiece(text, 250, options);
    for (const std::string& sentence : sentences) {
      CHECK(t.decode(t.encode(sentence)) == sentence);
    }
    CHECK(t.encode("nội") != t.encode("nói"));
  }
  const WordPieceTokenizer lower =
      train_wordpiece(text, 250, {.lowercase = true, .strip_accents = false});
  CHECK(lower.decode(lower.encode(sentences[2])) ==
        "đường phố hà nội rộn rã tiếng xe cộ mỗi buổi sáng");
  const WordPieceTokenizer stripped = train_wordpiece(text, 250);
  CHECK(stripped.decode(stripped.encode(sentences[0])) == "tieng viet co sau thanh đieu");
}
