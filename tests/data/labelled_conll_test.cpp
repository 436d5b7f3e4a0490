// Tagged words in columns, whatever scheme their tags follow.

#include <doctest/doctest.h>

#include <map>

#include "data/labelled.h"
#include "support.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;

namespace {

using Strings = std::vector<std::string>;

std::vector<TaggedSentence> tagged_sentences_in(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  return read_conll(folder.file("a.conll", bytes));
}

std::string conll_refusal(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  const auto path = folder.file("a.conll", bytes);
  return sentence_of<FileError>([&] { read_conll(path); });
}

// The tags of one sentence of words "w", after reading.
Strings read_tags(const Strings& tags) {
  std::string bytes;
  for (const std::string& tag : tags) bytes += "w " + tag + "\n";
  return tagged_sentences_in(bytes)[0].tags;
}

}  // namespace

TEST_CASE("CoNLL: the first column is the word, the last the tag, blank lines part sentences") {
  const auto read = tagged_sentences_in(
      "\xef\xbb\xbf-DOCSTART- -X- O O\n\nU.N. NNP I-NP B-ORG\nheads  NNS\tI-VP O\r\n \t\n\n"
      "-DOCSTART- O\nBonn NNP I-NP B-LOC");
  REQUIRE(read.size() == 2);
  CHECK(read[0].words == Strings{"U.N.", "heads"});
  CHECK(read[0].tags == Strings{"B-ORG", "O"});
  CHECK(read[1].words == Strings{"Bonn"});
}

TEST_CASE("CoNLL: the tags of every scheme become IOB2") {
  const Strings expected{"B-PER", "I-PER", "B-PER", "B-LOC", "O", "B-LOC", "I-LOC", "I-LOC"};
  // IOB1: B- only where an entity follows another of its type
  CHECK(read_tags({"I-PER", "I-PER", "B-PER", "I-LOC", "O", "I-LOC", "I-LOC", "I-LOC"}) ==
        expected);
  CHECK(read_tags(expected) == expected);
  CHECK(read_tags({"B-PER", "E-PER", "S-PER", "S-LOC", "O", "B-LOC", "I-LOC", "E-LOC"}) ==
        expected);
  CHECK(read_tags({"B-PER", "L-PER", "U-PER", "U-LOC", "O", "B-LOC", "I-LOC", "L-LOC"}) ==
        expected);
  // an entity that begins with I- after one that has ended
  CHECK(read_tags({"B-X", "E-X", "I-X", "O", "E-X"}) == Strings{"B-X", "I-X", "B-X", "O", "B-X"});
  CHECK(read_tags({"B-creative-work", "I-creative-work"})[1] == "I-creative-work");
}

TEST_CASE("CoNLL: types without prefix are entities beside O, else each word's own tag") {
  CHECK(read_tags({"PER", "PER", "LOC", "O"}) == Strings{"B-PER", "I-PER", "B-LOC", "O"});
  CHECK(read_tags({"DT", "NN", "NN", "-LRB-"}) == Strings{"DT", "NN", "NN", "-LRB-"});
}

TEST_CASE("CoNLL: an entity ends with its sentence") {
  CHECK(tagged_sentences_in("a I-X\n\nb I-X\n")[1].tags == Strings{"B-X"});
}

TEST_CASE("CoNLL: broken lines are refused with their number") {
  CHECK(contains(conll_refusal(""), "a.conll: the file holds no words"));
  CHECK(contains(conll_refusal("\n\n-DOCSTART- O\n"), "a.conll: the file holds no words"));
  CHECK(contains(conll_refusal("a O\nb\n"),
                 "a.conll:2: a word and its tag are needed, 'b' stands alone"));
  CHECK(contains(conll_refusal("a X O\n\nb O\n"),
                 "a.conll:3: the line has 2 columns, the first has 3"));
  CHECK(contains(conll_refusal("a B-X\nb O\nc Y\n"),
                 "a.conll:3: the tag 'Y' has no prefix such as B-"));
  CHECK(contains(conll_refusal("a O\n\xc3 O\n"), "a.conll:2: the text is not valid UTF-8"));
  CHECK(contains(conll_refusal(std::string("a O\nb\0 O\n", 9)), "a.conll:2: a NUL byte"));
  CHECK(contains(conll_refusal(std::string(10'000'000, 'a')), "stands alone"));
}

TEST_CASE("WikiGold and WNUT-17 are read whole, as IOB2") {
  struct File {
    const char* name;
    size_t sentences, words, entities;
  };
  // WikiGold: the runs of equal types in its IOB1 tags; WNUT-17: its B- tags
  for (const File& file : {File{"wnut17/emerging.dev.conll", 1009, 15733, 836},
                           File{"wnut17/emerging.test.annotated", 1287, 23394, 1079},
                           File{"wnut17/wnut17train.conll", 3394, 62730, 1975},
                           File{"wikigold/wikigold.conll.txt", 1696, 39007, 3558}}) {
    const auto path = testing::shared_path(std::string("data/") + file.name);
    if (!path) continue;
    CAPTURE(file.name);
    const auto read = read_conll(*path);
    size_t words = 0, entities = 0;
    for (const TaggedSentence& sentence : read) {
      words += sentence.words.size();
      for (const std::string& tag : sentence.tags) entities += tag[0] == 'B';
    }
    CHECK(read.size() == file.sentences);
    CHECK(words == file.words);
    CHECK(entities == file.entities);
  }
}
