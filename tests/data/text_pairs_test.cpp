// Tables of sources and targets, good and bad.

#include "data/text_pairs.h"

#include <doctest/doctest.h>

#include "support.h"
#include "tensor/errors.h"

using namespace gradus;
using testing::contains;
using testing::sentence_of;
using testing::TemporaryFolder;

namespace {

std::string pairs_refusal(const std::string& contents, const std::string& name = "pairs.tsv") {
  const TemporaryFolder folder;
  const auto file = folder.file(name, contents);
  return sentence_of<FileError>([&] { read_text_pairs(file); });
}

}  // namespace

TEST_CASE("pairs: two columns, a header if it names them, \\r\\n and a byte-order mark or not") {
  const TemporaryFolder folder;
  for (const char* contents :
       {"a b\tc\nd\te f\n", "a b\tc\r\nd\te f\r\n",
        "\xef\xbb\xbf"
        "a b\tc\nd\te f",
        "Source\tTARGET\na b\tc\nd\te f\n", "\ninput\toutput\n\na b\tc\nd\te f\n"}) {
    const TextPairs pairs = read_text_pairs(folder.file("pairs.tsv", contents));
    REQUIRE(pairs.rows.size() == 2);
    CHECK(pairs.rows[0].source == "a b");
    CHECK(pairs.rows[0].target == "c");
    CHECK(pairs.rows[1].source == "d");
    CHECK(pairs.rows[1].target == "e f");
  }
  const TextPairs named =
      read_text_pairs(folder.file("named.csv", "question,answer\n\"who, then?\",me\n"));
  CHECK(named.header);
  CHECK(named.rows[0].source == "who, then?");
  CHECK(named.rows[0].line == 2);
  CHECK_FALSE(read_text_pairs(folder.file("bare.tsv", "question\tme\n")).header);
}

TEST_CASE("pairs: white space around a field does not count") {
  const TemporaryFolder folder;
  const auto file = folder.file("pairs.tsv", " a b \tc \n");
  const TextPairs pairs = read_text_pairs(file);
  CHECK(pairs.rows[0].source == "a b");
  CHECK(pairs.rows[0].target == "c");
  CHECK(read_sources(file) == std::vector<std::string>{"a b"});
}

TEST_CASE("pairs: what cannot be read is named with its line") {
  CHECK(contains(pairs_refusal("a\tb\nc\td\te\n"), "pairs.tsv:2: the row has 3 fields"));
  CHECK(contains(pairs_refusal("a\tb\tc\n"), "pairs.tsv:1: the row has 3 fields; a pair has two"));
  CHECK(contains(pairs_refusal("a\nb\n"), "the row has 1 fields"));
  CHECK(contains(pairs_refusal("a\tb\n\tc\n"), "pairs.tsv:2: the source is empty"));
  CHECK(contains(pairs_refusal("a\tb\nc\t \n"), "pairs.tsv:2: the target is empty"));
  CHECK(contains(pairs_refusal("a\tb\nc\t\xff\n"), "pairs.tsv:2: the text is not valid UTF-8"));
  CHECK(contains(pairs_refusal(std::string("a\tb\n\0\tc\n", 8)), "pairs.tsv:2: a NUL byte"));
  CHECK(contains(pairs_refusal("source\ttarget\n"), "holds no pairs"));
  CHECK(contains(pairs_refusal(""), "holds no rows"));
}

TEST_CASE("sources alone, or beside targets that are not needed") {
  const TemporaryFolder folder;
  const std::vector<std::string> expected{"a b", "c"};
  CHECK(read_sources(folder.file("one.tsv", "a b\nc\n")) == expected);
  CHECK(read_sources(folder.file("named.tsv", "source\na b\nc\n")) == expected);
  CHECK(read_sources(folder.file("two.tsv", "source\ttarget\na b\t\nc\td\n")) == expected);
  CHECK(contains(
      sentence_of<FileError>([&] { read_sources(folder.file("none.tsv", "a\tb\n\tc\n")); }),
      "none.tsv:2: the source is empty"));
}

TEST_CASE("the most frequent target, and of several the first in the order of bytes") {
  const std::vector<TextPair> pairs{{"1", "b"}, {"2", "a"}, {"3", "b"}, {"4", "c"}, {"5", "a"}};
  CHECK(most_frequent_target(pairs) == "a");
  CHECK(most_frequent_target(std::span(pairs).first(3)) == "b");
  sentence_of<ValueError>([] { most_frequent_target({}); });
}
