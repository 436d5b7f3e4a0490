// Questions as windows of ids, and answers out of logits.

#include "data/span_features.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using IdList = std::vector<int32_t>;

// [CLS] is 2, [SEP] 3; w0 ... w9 are 5 ... 14, and q is 4.
Tokenizer digits() {
  std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "q"};
  for (int i = 0; i < 10; ++i) tokens.push_back("w" + std::to_string(i));
  return Tokenizer(WordPieceTokenizer({.tokens = tokens}));
}

const SpanQuestion ten_words{.id = "x",
                             .question = "q q q",
                             .context = "W0 W1 W2 W3 W4 W5 W6 W7 W8 W9",
                             .answers = {{"W6 W7", 18}}};

// Logits of 0 but for one start and one end.
SpanLogits pointing_at(const SpanEncoding& e, size_t start, size_t end, real score = 1) {
  SpanLogits logits{std::vector<real>(e.encoding.ids.size()),
                    std::vector<real>(e.encoding.ids.size())};
  logits.start[start] = logits.end[end] = score;
  return logits;
}

}  // namespace

TEST_CASE("spans: a context that fits is one window, and the answer's pieces are the target") {
  const auto windows = encode_question(digits(), ten_words);
  REQUIRE(windows.size() == 1);
  const SpanEncoding& e = windows[0];
  CHECK(e.encoding.ids == IdList{2, 4, 4, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 3});
  CHECK(e.encoding.types == IdList{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(e.context_begin == 5);
  CHECK(e.context_end == 15);
  CHECK(e.start == 11);
  CHECK(e.end == 12);
  CHECK(e.encoding.sources[11].begin == 18);
}

TEST_CASE("spans: windows begin a stride apart, and hold the answer whole or point at [CLS]") {
  // 2 ids of the question and 3 of framing leave 4 for the context
  const auto windows =
      encode_question(digits(), ten_words, {.max_length = 9, .doc_stride = 3, .max_query = 2});
  REQUIRE(windows.size() == 3);
  CHECK(windows[0].encoding.ids == IdList{2, 4, 4, 3, 5, 6, 7, 8, 3});
  CHECK(windows[1].encoding.ids == IdList{2, 4, 4, 3, 8, 9, 10, 11, 3});  // w6, but not w7
  CHECK(windows[2].encoding.ids == IdList{2, 4, 4, 3, 11, 12, 13, 14, 3});
  CHECK(windows[0].encoding.dropped == 1);
  CHECK(windows[1].encoding.dropped == 0);
  CHECK(windows[0].start == 0);
  CHECK(windows[1].start == 0);
  CHECK(windows[2].start == 4);
  CHECK(windows[2].end == 5);
  // w3 stands last in the first window and first in the second: the earlier one has it
  CHECK(windows[0].is_central[7]);
  CHECK_FALSE(windows[1].is_central[4]);
  for (size_t word = 0; word < 10; ++word) {
    size_t central = 0;
    for (const SpanEncoding& e : windows) {
      for (size_t i = e.context_begin; i < e.context_end; ++i) {
        central += e.is_central[i] && e.encoding.ids[i] == static_cast<int32_t>(5 + word);
      }
    }
    CHECK(central == 1);
  }
}

TEST_CASE("spans: targets decode to the answer, in whatever window it lies") {
  const SpanOptions small{.max_length = 9, .doc_stride = 2, .max_query = 2};
  for (size_t first = 0; first < 10; ++first) {
    SpanQuestion question = ten_words;
    question.answers = {{"W" + std::to_string(first), 3 * first}};
    const auto windows = encode_question(digits(), question, small);
    std::vector<SpanLogits> logits;
    for (const SpanEncoding& e : windows) {
      logits.push_back(pointing_at(e, static_cast<size_t>(e.start), static_cast<size_t>(e.end)));
    }
    const SpanPrediction best = best_span(question, windows, logits);
    CHECK(best.text == question.answers[0].text);
    CHECK(best.source.begin == 3 * first);
    CHECK(best.score == 2);
  }
}

TEST_CASE("spans: an answer ends after it starts, lies in the context and is not too long") {
  const auto windows = encode_question(digits(), ten_words);
  const auto best = [&](size_t start, size_t end, const SpanDecoding& options = {}) {
    return best_span(ten_words, windows, std::vector{pointing_at(windows[0], start, end)}, options);
  };
  CHECK(best(6, 9).text == "W1 W2 W3 W4");
  CHECK(best(9, 6).score == 1);  // not both
  CHECK(best(1, 2).score == 0);  // in the question
  CHECK(best(6, 9, {.max_answer = 4}).score == 2);
  CHECK(best(6, 9, {.max_answer = 3}).score == 1);
  CHECK(best(1, 2, {.n_best = 1}).text == "");
}

TEST_CASE("spans: with a threshold the empty answer can win") {
  const auto windows = encode_question(digits(), ten_words);
  const auto best = [&](real null_score, std::optional<real> threshold) {
    SpanLogits logits = pointing_at(windows[0], 6, 7);
    logits.start[0] = null_score;
    return best_span(ten_words, windows, std::vector{logits}, {.null_threshold = threshold}).text;
  };
  CHECK(best(9, {}) == "W1 W2");
  CHECK(best(real(2.5), real(0)) == "");
  CHECK(best(real(2.5), real(1)) == "W1 W2");
}

TEST_CASE("spans: an answer inside a word is the whole piece, and one of no pieces is not there") {
  SpanQuestion question = ten_words;
  question.answers = {{"7", 22}};
  CHECK(encode_question(digits(), question)[0].start == 12);
  question.context = "W0 \u200b W1";
  question.answers = {{"\u200b", 3}};
  CHECK(encode_question(digits(), question)[0].start == 0);
  question.answers = {};
  CHECK(encode_question(digits(), question)[0].end == 0);
  question.context = "\u200b";
  CHECK(encode_question(digits(), question).size() == 1);
}

TEST_CASE("spans: the empty room, wrong strides and missing logits are refused") {
  const auto refused = [](const SpanOptions& options) {
    return sentence_of<ValueError>([&] { encode_question(digits(), ten_words, options); });
  };
  CHECK(contains(refused({.max_length = 6}), "6 ids at most leave no room beside a question of 3"));
  CHECK(contains(refused({.doc_stride = 0}), "a stride of 0"));
  CHECK(contains(refused({.max_query = 0}), "a question of 0 ids"));
  const auto windows = encode_question(digits(), ten_words);
  CHECK(contains(sentence_of<ValueError>([&] { best_span(ten_words, windows, {}); }),
                 "1 windows and logits for 0"));
  CHECK(contains(
      sentence_of<ValueError>([&] { best_span(ten_words, windows, std::vector<SpanLogits>(1)); }),
      "window 0 of 16 ids has 0 start and 0 end logits"));
}

TEST_CASE("spans: every answer of SQuAD comes back from its own targets, but for partial pieces") {
  const auto folder = testing::shared_path("data/squad");
  if (!folder || !testing::shared_path("conformance/bert-wordpiece/vocab.txt")) return;
  const Tokenizer t(WordPieceTokenizer::load(*testing::shared_path("conformance/bert-wordpiece")));
  const SpanQuestions read = read_squad(*folder / "xquad.en.json");
  size_t same = 0;
  for (const SpanQuestion& question : read.questions) {
    const auto windows = encode_question(t, question, {.max_length = 128, .doc_stride = 32});
    std::vector<SpanLogits> logits;
    for (const SpanEncoding& e : windows) {
      const bool has_answer = e.start > 0;
      logits.push_back(pointing_at(e, static_cast<size_t>(e.start), static_cast<size_t>(e.end),
                                   has_answer ? 1 : 0));
    }
    const SpanDecoding all{.n_best = 200, .max_answer = 100};
    same += best_span(question, windows, logits, all).text == question.answers[0].text;
  }
  MESSAGE(same << " of " << read.questions.size());
  CHECK(same > read.questions.size() * 99 / 100);
}
