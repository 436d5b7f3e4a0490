// Predictions by counting.

#include "data/simple_predictors.h"

#include <doctest/doctest.h>

#include "data/conlleval.h"
#include "data/squad_score.h"
#include "support.h"
#include "tensor/errors.h"

using namespace gradus;

using Strings = std::vector<std::string>;

TEST_CASE("the majority class is the most frequent one, the smallest of several") {
  CHECK(majority_class(std::vector<int32_t>{2, 0, 2, 1}) == 2);
  CHECK(majority_class(std::vector<int32_t>{2, 0, 2, 0}) == 0);
  CHECK_THROWS_AS(majority_class({}), ValueError);
  CHECK_THROWS_AS(majority_class(std::vector<int32_t>{-1}), ValueError);
}

TEST_CASE("every word gets its most frequent tag, an unknown one the most frequent of all") {
  const std::vector<TaggedSentence> train{{{"Ada", "met", "Paris"}, {"B-PER", "O", "B-PER"}},
                                          {{"Paris", "in", "Paris"}, {"B-LOC", "O", "B-LOC"}}};
  const MostFrequentTag tagger(train);
  CHECK(tagger.predict(Strings{"Paris", "Ada", "paris", "in"}) ==
        Strings{"B-LOC", "B-PER", "B-LOC", "O"});  // B-LOC, B-PER and O are equally frequent
  CHECK_THROWS_AS(MostFrequentTag({}), ValueError);
}

TEST_CASE("the sentence that shares most words with the question, the earlier of two") {
  SpanQuestion q{.question = "Where did the cat sit?",
                 .context = "The dog, the dog, the dog ran. A CAT did sit here! It left\nThe cat."};
  CHECK(most_similar_sentence(q) == "A CAT did sit here!");
  q.question = "Who?";
  CHECK(most_similar_sentence(q) == "The dog, the dog, the dog ran.");
  q.context = "It cost 3.50 now. ";
  CHECK(most_similar_sentence(q) == "It cost 3.50 now.");
  q.context = "";
  CHECK(most_similar_sentence(q) == "");
}

TEST_CASE("the shared data: baselines stand where they must, above nothing and far below perfect") {
  const auto wnut = testing::shared_path("data/wnut17");
  if (!wnut) return;
  const MostFrequentTag tagger(read_conll(*wnut / "wnut17train.conll"));
  std::vector<Strings> truth, predicted;
  for (const TaggedSentence& s : read_conll(*wnut / "emerging.test.annotated")) {
    truth.push_back(s.tags);
    predicted.push_back(tagger.predict(s.words));
  }
  const EntityScore score = score_entities(truth, predicted);
  MESSAGE("WNUT-17 test, most frequent tag: F1 " << score.all.f1());
  CHECK(score.accuracy() > 0.9);
  CHECK(score.all.f1() > 0.01);
  CHECK(score.all.f1() < 0.2);
  const SpanQuestions xquad =
      read_squad(*testing::shared_path("data/squad/dev-v1.1.reconstructed.json"));
  std::unordered_map<std::string, std::string> answers;
  for (const SpanQuestion& q : xquad.questions) answers[q.id] = most_similar_sentence(q);
  const SquadScore spans = score_squad(xquad.questions, answers);
  MESSAGE("SQuAD dev, most similar sentence: EM " << spans.exact_match << ", F1 " << spans.f1);
  CHECK(spans.f1 > 0.1);
  CHECK(spans.f1 < 0.3);
}
