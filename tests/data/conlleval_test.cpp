// Entity scores, against conlleval's published output and against its rules word for word.

#include "data/conlleval.h"

#include <doctest/doctest.h>

#include <sstream>

#include "support.h"

using namespace gradus;
using doctest::Approx;
using testing::contains;
using testing::sentence_of;

namespace {

using Tags = std::vector<std::string>;
using Sentences = std::vector<Tags>;

struct Tag {
  std::string prefix = "O", type = "";
};

Tag parse(const std::string& tag) {
  return tag == "O" ? Tag{} : Tag{tag.substr(0, 1), tag.substr(2)};
}

// startOfChunk and endOfChunk of conlleval.pl, for the tags B, I and O.
bool starts(const Tag& before, const Tag& tag) {
  const std::string both = before.prefix + tag.prefix;
  return both == "BB" || both == "IB" || both == "OB" || both == "OI" ||
         (tag.prefix != "O" && before.type != tag.type);
}
bool ends(const Tag& before, const Tag& tag) {
  const std::string both = before.prefix + tag.prefix;
  return both == "BB" || both == "BO" || both == "IB" || both == "IO" ||
         (before.prefix != "O" && before.type != tag.type);
}

// The loop of conlleval.pl; a sentence ends with a word outside of everything.
EntityCounts naive(const Sentences& truth, const Sentences& predicted) {
  EntityCounts counts;
  bool in_correct = false;
  Tag last_truth, last_predicted;
  for (size_t s = 0; s < truth.size(); ++s) {
    for (size_t i = 0; i <= truth[s].size(); ++i) {
      const bool boundary = i == truth[s].size();
      const Tag t = boundary ? Tag{} : parse(truth[s][i]);
      const Tag p = boundary ? Tag{} : parse(predicted[s][i]);
      if (in_correct) {
        const bool truth_ends = ends(last_truth, t), predicted_ends = ends(last_predicted, p);
        if (truth_ends && predicted_ends && last_truth.type == last_predicted.type) {
          in_correct = false;
          ++counts.correct;
        } else if (truth_ends != predicted_ends || t.type != p.type) {
          in_correct = false;
        }
      }
      if (starts(last_truth, t) && starts(last_predicted, p) && t.type == p.type) in_correct = true;
      counts.truth += starts(last_truth, t);
      counts.found += starts(last_predicted, p);
      last_truth = t;
      last_predicted = p;
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("conlleval: the published output of its example, to the letter") {
  const auto folder = testing::shared_path("conformance/conlleval");
  if (!folder) return;
  Sentences truth(1), predicted(1);
  std::istringstream lines(testing::slurp(*folder / "ground_truth.txt"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    std::string word, speech, t, p;
    if (columns >> word >> speech >> t >> p) {
      truth.back().push_back(t);
      predicted.back().push_back(p);
    } else {
      truth.emplace_back();
      predicted.emplace_back();
    }
  }
  const EntityScore score = score_entities(truth, predicted);
  CHECK(conlleval_table(score) == testing::slurp(*folder / "expected.txt"));
  CHECK(score.all.f1() == Approx(2 * 371.0 / (459 + 539)));
}

TEST_CASE("entities begin at B-, and at I- after anything that is not of their type") {
  const Tags tags{"I-PER", "I-PER", "B-PER", "I-LOC", "O", "I-LOC", "B-LOC", "I-LOC"};
  const std::vector<EntitySpan> expected{
      {"PER", 0, 2}, {"PER", 2, 3}, {"LOC", 3, 4}, {"LOC", 5, 6}, {"LOC", 6, 8}};
  CHECK(entities_in(tags) == expected);
  CHECK(entities_in(Tags{"B-a-b", "I-a-b"}) == std::vector<EntitySpan>{{"a-b", 0, 2}});
  CHECK(entities_in(Tags{}).empty());
}

TEST_CASE("an entity counts only if both ends and its type are right") {
  const Sentences truth{{"B-PER", "I-PER", "O", "B-LOC"}, {"B-LOC", "O"}};
  const Sentences predicted{{"B-PER", "O", "O", "B-PER"}, {"B-LOC", "O"}};
  const EntityScore score = score_entities(truth, predicted);
  CHECK(score.all.truth == 3);
  CHECK(score.all.found == 3);
  CHECK(score.all.correct == 1);
  CHECK(score.accuracy() == Approx(4.0 / 6));
  CHECK(score.by_type.at("PER").f1() == 0);
  CHECK(score.by_type.at("LOC").precision() == 1);
  CHECK(score.by_type.at("LOC").recall() == 0.5);
}

TEST_CASE("random tags: as many entities and hits as conlleval's own rules give") {
  std::mt19937 random(5);
  const Tags kinds{"O", "O", "B-X", "I-X", "I-X", "B-Y", "I-Y"};
  Sentences truth(300), predicted(300);
  for (size_t s = 0; s < truth.size(); ++s) {
    for (size_t i = 0, n = random() % 12; i < n; ++i) {
      truth[s].push_back(kinds[random() % kinds.size()]);
      predicted[s].push_back(random() % 3 == 0 ? kinds[random() % kinds.size()] : truth[s].back());
    }
  }
  const EntityCounts expected = naive(truth, predicted);
  const EntityScore score = score_entities(truth, predicted);
  CHECK(expected.correct > 200);
  CHECK(score.all.truth == expected.truth);
  CHECK(score.all.found == expected.found);
  CHECK(score.all.correct == expected.correct);
}

TEST_CASE("entity scores refuse unequal sentences and tags of other schemes") {
  CHECK(contains(sentence_of<ValueError>([] { score_entities(Sentences(2), Sentences(1)); }),
                 "2 sentences with true tags and 1 with predicted ones disagree"));
  CHECK(contains(sentence_of<ValueError>([] {
                   score_entities(Sentences{{"O", "O"}}, Sentences{{"O"}});
                 }),
                 "sentence 0 has 2 true tags and 1 predicted ones"));
  CHECK(contains(sentence_of<ValueError>([] {
                   entities_in(Tags{"O", "S-PER"});
                 }),
                 "the tag 'S-PER' of word 1 is neither"));
  CHECK(score_entities(Sentences{}, Sentences{}).all.f1() == 0);
}
