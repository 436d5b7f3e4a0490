// Questions about a context, in SQuAD's JSON.

#include <doctest/doctest.h>

#include "data/labelled.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

// A document of one paragraph.
std::string squad(const std::string& context, const std::string& questions) {
  return R"({"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": ")" + context +
         R"(", "qas": [)" + questions + "]}]}]}";
}

std::string question(const std::string& id, const std::string& answers,
                     const std::string& more = "") {
  return R"({"id": ")" + id + R"(", "question": "Who?", "answers": [)" + answers + "]" + more + "}";
}

SpanQuestions questions_in(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  return read_squad(folder.file("a.json", bytes));
}

std::string squad_refusal(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  const auto path = folder.file("a.json", bytes);
  return sentence_of<FileError>([&] { read_squad(path); });
}

}  // namespace

TEST_CASE("SQuAD: answer_start counts code points, an answer begins at a byte") {
  const SpanQuestions read = questions_in(squad(
      "\u00c9va\u2013\U0001F600 met Ada.",
      question("q1", R"({"text": "Ada", "answer_start": 10}, {"text": "va", "answer_start": 1})")));
  REQUIRE(read.questions.size() == 1);
  const SpanQuestion& q = read.questions[0];
  CHECK(q.id == "q1");
  REQUIRE(q.answers.size() == 2);
  CHECK(q.answers[0].begin == 16);  // 2 + 2 + 3 + 4 bytes, " met "
  CHECK(q.context.substr(q.answers[0].begin, 3) == "Ada");
  CHECK(q.answers[1].begin == 2);
  CHECK(read.misplaced == 0);
}

TEST_CASE("SQuAD: answers that do not stand where they should are left out and counted") {
  const std::string wrong =
      R"({"text": "Ada", "answer_start": 1}, {"text": "Ada", "answer_start": -1},
         {"text": "Ada", "answer_start": 99999999999}, {"text": "Adam", "answer_start": 0})";
  const std::string right = R"({"text": "Ada", "answer_start": 0})";
  const SpanQuestions read =
      questions_in(squad("Ada", question("a", right) + "," + question("b", wrong + "," + right) +
                                    "," + question("c", wrong)));
  CHECK(read.questions.size() == 2);
  CHECK(read.questions[1].answers.size() == 1);
  CHECK(read.misplaced == 8);
  CHECK(read.unanswered == 1);
  CHECK(
      contains(squad_refusal(squad("Ada", question("c", wrong))), "not one answer stands in its"));
}

TEST_CASE("SQuAD 2.0: a question that is impossible has no answers") {
  const SpanQuestions read = questions_in(
      squad("Ada", question("a", "", R"(, "is_impossible": true, "plausible_answers": [])")));
  REQUIRE(read.questions.size() == 1);
  CHECK(read.questions[0].answers.empty());
  CHECK(read.unanswered == 0);
}

TEST_CASE("SQuAD: JSON of another shape is refused, with the question's id once it is known") {
  const std::string good = question("a", R"({"text": "Ada", "answer_start": 0})");
  CHECK(contains(squad_refusal(""), "a.json: "));
  CHECK(contains(squad_refusal("[]"), "the document has no 'data'"));
  CHECK(contains(squad_refusal(R"({"data": 3})"), "'data' of the document must be a list"));
  CHECK(contains(squad_refusal(R"({"data": [3]})"), "an article has no 'paragraphs'"));
  CHECK(contains(squad_refusal(R"({"data": []})"), "the file holds no questions"));
  CHECK(contains(squad_refusal(squad("", good)),
                 "'context' of a paragraph must be a string that is not"));
  CHECK(contains(squad_refusal(squad("Ada", good + "," + good)), "question \"a\" occurs twice"));
  CHECK(contains(squad_refusal(squad("Ada", question("a", "7"))),
                 "an answer of question \"a\" has no 'text'"));
  CHECK(contains(squad_refusal(squad("Ada", question("a", R"({"text": "Ada"})"))),
                 "an answer of question \"a\" has no 'answer_start'"));
  CHECK(contains(
      squad_refusal(squad("Ada", question("a", R"({"text": "Ada", "answer_start": 0.5})"))),
      "'answer_start' of question \"a\" must be an integer"));
  CHECK(contains(squad_refusal(squad("Ada", R"({"id": "a", "answers": []})")),
                 "question \"a\" has no 'question'"));
  CHECK(contains(squad_refusal(squad("Ada", question("a", "", R"(, "is_impossible": 1)"))),
                 "must be true or false"));
}

TEST_CASE("the shared SQuAD files are read whole, and every answer stands in its place") {
  struct File {
    const char* name;
    size_t questions, answers;
  };
  for (const File& file :
       {File{"dev-v1.1.reconstructed.json", 10570, 34726}, File{"xquad.en.json", 1190, 1190},
        File{"train-subset.tokenized.json", 5200, 5200}}) {
    const auto path = testing::shared_path(std::string("data/squad/") + file.name);
    if (!path) continue;
    CAPTURE(file.name);
    const SpanQuestions read = read_squad(*path);
    size_t answers = 0;
    for (const SpanQuestion& q : read.questions) answers += q.answers.size();
    CHECK(read.questions.size() == file.questions);
    CHECK(answers == file.answers);
    CHECK(read.misplaced == 0);
  }
}
