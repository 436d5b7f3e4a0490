// Labels as ids.

#include "data/label_set.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using Names = std::vector<std::string>;

std::vector<LabelledText> labelled(const Names& labels) {
  std::vector<LabelledText> texts;
  for (const std::string& label : labels) {
    texts.push_back({.text = "x", .label = label, .line = texts.size() + 2});
  }
  return texts;
}

}  // namespace

TEST_CASE("labels: whole numbers ascend, names are in the order of their bytes, O comes first") {
  CHECK(label_set(Names{"10", "9", "-1", "9"}).names == Names{"-1", "9", "10"});
  CHECK(label_set(Names{"sad", "happy", "Sad"}).names == Names{"Sad", "happy", "sad"});
  CHECK(label_set(Names{"10", "9", "x"}).names == Names{"10", "9", "x"});
  const std::vector<TaggedSentence> sentences{{{"a", "b"}, {"I-PER", "B-LOC"}},
                                              {{"c", "d"}, {"O", "B-PER"}}};
  CHECK(tag_labels(sentences).names == Names{"O", "B-LOC", "B-PER", "I-PER"});
  CHECK(multi_labels(labelled({"joy|fear", "", "joy, awe"})).names == Names{"awe", "fear", "joy"});
}

TEST_CASE("labels become ids, and an unknown one is told with its line") {
  const LabelSet labels{{"no", "yes"}};
  CHECK(class_ids(labelled({"yes", "no", "yes"}), labels, "f.tsv") ==
        std::vector<int32_t>{1, 0, 1});
  CHECK(contains(sentence_of<ValueError>([&] {
                   class_ids(labelled({"no", "maybe"}), labels, "f.tsv");
                 }),
                 "f.tsv:3: the label 'maybe' is unknown; there are: no, yes"));
  CHECK(multi_label_ids(labelled({"yes|no", "", "yes"}), labels, "f") ==
        std::vector<int32_t>{1, 1, 0, 0, 0, 1});
  CHECK(contains(sentence_of<ValueError>([&] { multi_label_ids(labelled({"x"}), labels, "f"); }),
                 "f:2: the label 'x'"));
  CHECK(label_numbers(labelled({"1.5", "-2"}), "f") == std::vector<real>{real(1.5), -2});
  CHECK(contains(sentence_of<ValueError>([&] {
                   label_numbers(labelled({"1", "x"}), "f");
                 }),
                 "f:3: the label 'x' is no finite number"));
  CHECK(tag_ids(Names{"yes", "no"}, labels) == std::vector<int32_t>{1, 0});
}
