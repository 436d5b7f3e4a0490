// Tasks on the built-in corpus: labelled as the grammar knows, and not too easy.

#include "data/stories/tasks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/bag_of_words.h"
#include "data/conlleval.h"
#include "data/simple_predictors.h"
#include "data/squad_score.h"
#include "data/stories/corpus.h"
#include "tensor/errors.h"

namespace gradus::stories {

namespace {

// Texts by label as the words say, each for itself: naive Bayes over words that occur or do not,
// with one added to every count. The share of `dev` that it gets right.
double naive_bayes(const std::vector<LabelledText>& train, const std::vector<LabelledText>& dev,
                   const std::string& positive) {
  const BagOfWords bag(train, {.bigrams = false, .min_count = 2});
  const auto width = static_cast<size_t>(bag.size());
  std::vector<double> in[2] = {std::vector<double>(width, 1), std::vector<double>(width, 1)};
  double texts[2] = {2, 2};
  const SparseRows rows = bag.rows(train);
  for (size_t i = 0; i < train.size(); ++i) {
    const size_t side = train[i].label == positive ? 1 : 0;
    ++texts[side];
    for (size_t k = rows.offsets[i]; k < rows.offsets[i + 1]; ++k) {
      ++in[side][static_cast<size_t>(rows.columns[k])];
    }
  }
  const SparseRows asked = bag.rows(dev);
  double right = 0;
  for (size_t i = 0; i < dev.size(); ++i) {
    double vote = std::log(texts[1] / texts[0]);
    for (size_t k = asked.offsets[i]; k < asked.offsets[i + 1]; ++k) {
      const auto word = static_cast<size_t>(asked.columns[k]);
      vote += std::log(in[1][word] / texts[1]) - std::log(in[0][word] / texts[0]);
    }
    right += (vote > 0) == (dev[i].label == positive);
  }
  return right / static_cast<double>(dev.size());
}

// The best accuracy that the presence of one word alone gives.
double best_single_word(const std::vector<LabelledText>& texts, const std::string& positive) {
  const BagOfWords bag(texts, {.bigrams = false, .min_count = 2});
  const SparseRows rows = bag.rows(texts);
  std::vector<double> agreement(static_cast<size_t>(bag.size()));  // positive less negative
  double positives = 0, best = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool is_positive = texts[i].label == positive;
    positives += is_positive;
    for (size_t k = rows.offsets[i]; k < rows.offsets[i + 1]; ++k) {
      agreement[static_cast<size_t>(rows.columns[k])] += is_positive ? 1 : -1;
    }
  }
  const double n = static_cast<double>(texts.size());
  for (const double a : agreement) {
    best = std::max(best, std::max(n - positives + a, positives - a) / n);
  }
  return best;
}

double share_of(const std::vector<LabelledText>& texts, const std::string& label) {
  const auto n = std::ranges::count(texts, label, &LabelledText::label);
  return static_cast<double>(n) / static_cast<double>(texts.size());
}

}  // namespace

TEST_CASE("sentiment: stories with the mood that the grammar finds in them, as many of both") {
  const std::vector<LabelledText> texts = sentiment(1, 1000);
  REQUIRE(texts.size() == 1000);
  for (size_t i = 0; i < 50; ++i) {
    const std::optional<Story> story = parse(builtin(), texts[i].text);
    REQUIRE(story);
    CHECK(name_of(story->mood) == texts[i].label);
  }
  CHECK(share_of(texts, "happy") > 0.45);
  CHECK(share_of(texts, "sad") > 0.45);
}

TEST_CASE("sentiment: no single word gives it away") {
  const std::vector<LabelledText> train = sentiment(1, 1000), dev = sentiment(2, 1000);
  const double one = best_single_word(train, "happy"), all = naive_bayes(train, dev, "happy");
  MESSAGE("best single word " << one << ", naive Bayes on 1000 stories " << all);
  CHECK(one < 0.7);
  CHECK(all > 0.6);
}

TEST_CASE("entities: the names of the story, tagged word by word") {
  const std::vector<TaggedSentence> sentences = entities(3, 300);
  REQUIRE(sentences.size() == 300);
  std::set<std::string> types;
  size_t found = 0;
  for (size_t i = 0; i < sentences.size(); ++i) {
    const TaggedSentence& sentence = sentences[i];
    REQUIRE(sentence.words.size() == sentence.tags.size());
    const Story story = tell(builtin(), 3, i);
    std::set<std::string> names;  // "PER Ada"; parts of hyphenated names stand alone
    for (const Entity& e : story.entities) {
      std::string name = story.text.substr(e.span.begin, e.span.end - e.span.begin);
      std::erase_if(name, [](char c) { return c == ' ' || c == '-' || c == '\''; });
      names.insert(e.label + " " + name);
    }
    for (const EntitySpan& e : entities_in(sentence.tags)) {
      std::string name;
      for (size_t w = e.begin; w < e.end; ++w) name += sentence.words[w];
      std::erase_if(name, [](char c) { return c == '-' || c == '\''; });
      CHECK(names.contains(e.type + " " + name));
      types.insert(e.type);
      ++found;
    }
  }
  CHECK(types == std::set<std::string>{"LOC", "PER"});
  CHECK(found > 200);
}

TEST_CASE("questions: the answer stands in the story where it should") {
  const std::vector<SpanQuestion> all = questions(4, 500);
  REQUIRE(all.size() == 500);
  std::set<std::string> ids, asked;
  for (const SpanQuestion& q : all) {
    ids.insert(q.id);
    asked.insert(q.question);
    REQUIRE(q.answers.size() == 1);
    CHECK(q.context.substr(q.answers[0].begin, q.answers[0].text.size()) == q.answers[0].text);
    CHECK(q.question.ends_with('?'));
  }
  CHECK(ids.size() == 500);
  CHECK(asked.size() > 50);
}

TEST_CASE("pairs: halves that make a story, or halves of two") {
  const std::vector<LabelledText> all = pairs(5, 400);
  REQUIRE(all.size() == 400);
  for (const LabelledText& pair : all) {
    const bool is_story = parse(builtin(), pair.text + " " + pair.second).has_value();
    CHECK(is_story == (pair.label == "next"));
  }
  CHECK(share_of(all, "next") > 0.4);
  CHECK(share_of(all, "random") > 0.4);
}

TEST_CASE("tasks depend on their seed alone, and a smaller number is a beginning of a larger one") {
  const auto some = sentiment(7, 20), more = sentiment(7, 40), other = sentiment(8, 20);
  for (size_t i = 0; i < some.size(); ++i) {
    CHECK(some[i].text == more[i].text);
    CHECK(some[i].text != other[i].text);
  }
  CHECK(pairs(7, 5)[4].second == pairs(7, 9)[4].second);
  CHECK(questions(7, 5)[4].question == questions(7, 9)[4].question);
  CHECK(entities(7, 5)[4].words == entities(7, 9)[4].words);
  CHECK_THROWS_AS(sentiment(1, 0), ValueError);
  CHECK_THROWS_AS(pairs(1, -1), ValueError);
}

TEST_CASE("text to text: a story's summary, and a question with its story and its answer") {
  const std::vector<TextPair> told = summaries(3, 200);
  const std::vector<TextPair> asked = gradus::stories::answers(3, 200);
  REQUIRE(told.size() == 200);
  REQUIRE(asked.size() == 200);
  std::set<std::string> targets;
  for (size_t i = 0; i < told.size(); ++i) {
    const std::optional<Story> story = parse(builtin(), told[i].source);
    REQUIRE(story);
    CHECK(told[i].target == story->summary);
    targets.insert(told[i].target);
    CHECK(asked[i].source.starts_with("question: "));
    const size_t context = asked[i].source.find(" context: ");
    REQUIRE(context != std::string::npos);
    CHECK(asked[i].source.find(asked[i].target, context) != std::string::npos);
  }
  const std::vector<TextPair> asking = questions_to_ask(3, 200);
  for (size_t i = 0; i < asking.size(); ++i) {
    CHECK(asking[i].source.find("* " + asked[i].target + " *") != std::string::npos);
    CHECK(asked[i].source.starts_with("question: " + asking[i].target + " context: "));
  }
  CHECK(targets.size() > 150);  // names and things differ: no table of targets serves
  CHECK(summaries(3, 5)[4].source == told[4].source);
}

TEST_CASE("text to text: the names of a story, each once, in its order") {
  for (const TextPair& pair : name_lists(3, 200)) {
    const std::optional<Story> story = parse(builtin(), pair.source);
    REQUIRE(story);
    std::string expected;
    for (const Entity& entity : story->entities) {
      const std::string name =
          story->text.substr(entity.span.begin, entity.span.end - entity.span.begin);
      const std::string item = name + (entity.label == "PER" ? ": person" : ": place");
      if (expected.find(item) != std::string::npos) continue;
      expected += (expected.empty() ? "" : ", ") + item;
    }
    CHECK(pair.target == expected);
  }
}

TEST_CASE("the tasks' baselines: what counting alone reaches") {
  const auto train = entities(1, 1000), dev = entities(2, 1000);
  const MostFrequentTag tagger(train);
  std::vector<std::vector<std::string>> truth, predicted;
  for (const TaggedSentence& sentence : dev) {
    truth.push_back(sentence.tags);
    predicted.push_back(tagger.predict(sentence.words));
  }
  const double f1 = score_entities(truth, predicted).all.f1();
  const auto asked = questions(2, 1000);
  std::unordered_map<std::string, std::string> answers;
  for (const SpanQuestion& q : asked) answers[q.id] = most_similar_sentence(q);
  const SquadScore spans = score_squad(asked, answers);
  const double bayes = naive_bayes(pairs(1, 1000), pairs(2, 1000), "next");
  MESSAGE("most frequent tag F1 " << f1 << "; most similar sentence F1 " << spans.f1
                                  << "; pairs by naive Bayes " << bayes);
  CHECK(f1 > 0.5);
  CHECK(spans.exact_match < 0.1);
  CHECK(spans.f1 > 0.05);
  CHECK(bayes < 0.6);  // a pair is told by what its halves share, not by the words of one
}

}  // namespace gradus::stories
